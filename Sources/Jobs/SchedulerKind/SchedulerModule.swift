package import Model

/// A module as its manifest tells the scheduler of it: a row of `scheduler_modules`.
package struct SchedulerModule: Hashable, Sendable, Codable {
  package var name: String
  package var jobType: String
  /// Digest of the image, 64 hexadecimal digits.
  package var image: String
  /// Whose account its share belongs to.
  package var developer: String
  /// Bytes of one GPU; 0: none is used.
  package var gpuMemory: Int64
  /// Thousandths.
  package var cores: Int64
  /// Bytes.
  package var memory: Int64
  package var isRootless: Bool
  package var labels: [String: String]
  /// Only these; empty: any. Sorted.
  package var nodes: [String]
  /// For one unit, in micro-credits; nil: paid by time.
  package var price: Int64?
  package var unit: String

  package init(_ name: String, _ offer: WorkOffer) {
    self.init(
      name: name, jobType: offer.jobType, image: offer.image.hex, developer: offer.developer,
      gpuMemory: offer.needs.gpuMemory?.bytes ?? 0, cores: offer.needs.cores?.thousandths ?? 0,
      memory: offer.needs.memory?.bytes ?? 0, isRootless: offer.needs.isRootless, labels: offer.needs.labels,
      nodes: offer.needs.nodes.map(\.name).sorted(), price: offer.price?.micro, unit: offer.unit)
  }

  init(
    name: String, jobType: String, image: String, developer: String, gpuMemory: Int64, cores: Int64,
    memory: Int64, isRootless: Bool, labels: [String: String], nodes: [String], price: Int64?, unit: String
  ) {
    self.name = name
    self.jobType = jobType
    self.image = image
    self.developer = developer
    self.gpuMemory = gpuMemory
    self.cores = cores
    self.memory = memory
    self.isRootless = isRootless
    self.labels = labels
    self.nodes = nodes
    self.price = price
    self.unit = unit
  }

  /// What differs between two rows, by name.
  var value: Value {
    .members([
      "jobType": .string(jobType), "image": .string("sha256:\(image)"),
      "developer": .string("account/\(developer)"),
      "needs": .members([
        "gpuMemory": .string(ByteCount(bytes: gpuMemory).description),
        "cores": .string(CoreCount(thousandths: cores).description),
        "memory": .string(ByteCount(bytes: memory).description), "rootless": .bool(isRootless),
      ]),
      "on": .object(labels.mapValues(Value.string)), "nodes": .array(nodes.map(Value.string)),
      "price": price.map { .string("\(Credits(micro: $0)) per \(unit)") },
    ])
  }
}
