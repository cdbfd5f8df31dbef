/// A type of work that nodes can do. Offered by `Module`.
package struct WorkOffer: Sendable, Hashable {
  /// The name that creators order it by.
  package let jobType: String
  /// The digest of the image.
  package let image: Digest
  /// The image as engines pull it: repository and digest.
  package let imageReference: String
  package let needs: ComputeNeeds
  /// The account that its revenue share belongs to, without `account/`.
  package let developer: String
  /// The price of one unit; nil when the work is paid by time.
  package let price: Credits?
  /// What a unit is, such as `frame`.
  package let unit: String
  package let interface: WorkInterface

  package init(
    jobType: String, image: Digest, imageReference: String, needs: ComputeNeeds, developer: String,
    price: Credits?, unit: String, interface: WorkInterface
  ) {
    self.jobType = jobType
    self.image = image
    self.imageReference = imageReference
    self.needs = needs
    self.developer = developer
    self.price = price
    self.unit = unit
    self.interface = interface
  }
}

/// How a container receives a job.
package enum WorkInterface: Sendable, Hashable {
  /// The container runs this command, with the job as JSON on its standard input and the result as JSON on
  /// its standard output.
  case stdio(command: [String])
  /// The container serves a POST request, with the job as JSON in the body and the result as JSON in the
  /// response.
  case http(port: Int, path: String)
}
