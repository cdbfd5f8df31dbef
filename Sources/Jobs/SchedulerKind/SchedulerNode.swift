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
