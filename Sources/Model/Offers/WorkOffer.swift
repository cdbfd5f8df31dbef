/// A type of work that nodes can do. Offered by `Module`.
package struct WorkOffer: Sendable, Hashable {
  /// What creators ask for.
  package let jobType: String
  /// Of the image.
  package let image: Digest
  /// The image as engines pull it: repository and digest.
  package let imageReference: String
  package let needs: ComputeNeeds
  /// Whose account its revenue share belongs to, without `account/`.
  package let developer: String
  /// For one unit; nil: paid by time.
  package let price: Credits?
  /// What is counted: `frame`.
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

/// How a container takes a job.
package enum WorkInterface: Sendable, Hashable {
  /// JSON on the standard input of this command inside, JSON on its standard output.
  case stdio(command: [String])
  /// JSON in the body of a POST request, JSON in the answer.
  case http(port: Int, path: String)
}
