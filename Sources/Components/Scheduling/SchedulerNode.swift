package import Model

/// A node as its manifest tells the scheduler of it: a row of `scheduler_nodes` without what jobs and people change there.
package struct SchedulerNode: Hashable, Sendable, Codable {
  package var name: String
  /// Whose account its earnings belong to.
  package var owner: String
  package var labels: [String: String]
  /// Bytes of one GPU; 0 without.
  package var gpuMemory: Int64
  package var gpuCount: Int
  /// Thousandths.
  package var cores: Int64
  /// Jobs at once.
  package var slots: Int
  /// Bytes.
  package var memory: Int64
  package var isRootless: Bool
  package var isCordoned: Bool
  package var isOverflow: Bool

  package init(_ name: String, _ offer: ComputeOffer) {
    self.name = name
    owner = offer.owner
    labels = offer.labels
    gpuMemory = offer.gpuMemory?.bytes ?? 0
    gpuCount = offer.gpuMemory == nil ? 0 : offer.gpuCount
    cores = CoreCount(cores: offer.cores).thousandths
    slots = offer.slots
    memory = offer.memory.bytes
    isRootless = offer.isRootless
    isCordoned = !offer.isSchedulable
    isOverflow = offer.isOverflow
  }

  init(
    name: String, owner: String, labels: [String: String], gpuMemory: Int64, gpuCount: Int, cores: Int64,
    slots: Int, memory: Int64, isRootless: Bool, isCordoned: Bool, isOverflow: Bool
  ) {
    self.name = name
    self.owner = owner
    self.labels = labels
    self.gpuMemory = gpuMemory
    self.gpuCount = gpuCount
    self.cores = cores
    self.slots = slots
    self.memory = memory
    self.isRootless = isRootless
    self.isCordoned = isCordoned
    self.isOverflow = isOverflow
  }

  /// What differs between two rows, by name.
  var value: Value {
    .members([
      "owner": .string("account/\(owner)"), "labels": .object(labels.mapValues(Value.string)),
      "gpuMemory": .string(ByteCount(bytes: gpuMemory).description), "gpuCount": .integer(Int64(gpuCount)),
      "cores": .string(CoreCount(thousandths: cores).description), "slots": .integer(Int64(slots)),
      "memory": .string(ByteCount(bytes: memory).description), "rootless": .bool(isRootless),
      "schedulable": .bool(!isCordoned), "overflow": .bool(isOverflow),
    ])
  }
}

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

extension Offers {
  /// Nodes that jobs may go to, by name; those that leave are not among them.
  package var schedulerNodes: [String: SchedulerNode] {
    var nodes: [String: SchedulerNode] = [:]
    for (id, offer) in compute where !leaving.contains(id) { nodes[id.name] = SchedulerNode(id.name, offer) }
    return nodes
  }

  /// Modules that jobs may be of, by name.
  package var schedulerModules: [String: SchedulerModule] {
    var modules: [String: SchedulerModule] = [:]
    for (id, offer) in work where !leaving.contains(id) {
      modules[id.name] = SchedulerModule(id.name, offer)
    }
    return modules
  }
}
