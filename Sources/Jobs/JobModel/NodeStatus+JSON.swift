package import Model

/// How nodes are written in the API and by `-o json`; the same text is read back. Memory is in bytes, cores in thousandths.
extension NodeStatus {
  package var value: Value {
    .members([
      "id": .integer(node.id), "name": .string(node.name), "owner": .string(owner),
      "online": .bool(isOnline), "held": .bool(isHeld), "cordoned": .bool(node.isCordoned),
      "overflow": .bool(node.isOverflow), "rootless": .bool(node.isRootless),
      "labels": .object(node.labels.mapValues { .string($0) }), "gpuMemory": .integer(node.gpuMemory),
      "gpuUsed": .array(node.gpuUsed.map { .integer($0) }), "cores": .integer(node.cores),
      "coresUsed": .integer(node.coresUsed), "slots": .integer(Int64(node.slots)),
      "slotsUsed": .integer(Int64(node.slotsUsed)), "memory": .integer(node.memory),
      "jobTypes": node.jobTypes.map { .array($0.sorted().map { .string($0) }) },
      "images": .array(node.images.sorted().map { .string($0) }), "canPull": .bool(node.canPull),
      "heardAt": node.heardAt.map { .string($0.description) },
      "roundTripMicroseconds": .integer(node.roundTripMicroseconds), "earnedMicro": .integer(node.earned),
      "report": report,
    ])
  }

  /// Nil where something that every node has is missing.
  package init?(_ value: Value) {
    guard let id = value["id"]?.number, let name = value["name"]?.text, let owner = value["owner"]?.text,
      let cores = value["cores"]?.number, let slots = value["slots"]?.number,
      let memory = value["memory"]?.number
    else { return nil }
    var node = FleetNode(id: id, name: name, cores: cores, slots: Int(slots), memory: memory)
    if case .object(let members)? = value["labels"] {
      for member in members { node.labels[member.key] = member.value.text }
    }
    node.gpuMemory = value["gpuMemory"]?.number ?? 0
    node.gpuUsed = (value["gpuUsed"]?.elements ?? []).compactMap(\.number)
    node.coresUsed = value["coresUsed"]?.number ?? 0
    node.slotsUsed = Int(value["slotsUsed"]?.number ?? 0)
    node.isRootless = value["rootless"] == .bool(true)
    node.isCordoned = value["cordoned"] == .bool(true)
    node.isOverflow = value["overflow"] == .bool(true)
    node.jobTypes = value["jobTypes"]?.elements.map { Set($0.compactMap(\.text)) }
    node.images = Set((value["images"]?.elements ?? []).compactMap(\.text))
    node.canPull = value["canPull"] == .bool(true)
    node.heardAt = value["heardAt"]?.time
    node.roundTripMicroseconds = value["roundTripMicroseconds"]?.number ?? 0
    node.earned = value["earnedMicro"]?.number ?? 0
    self.init(
      node: node, owner: owner, isHeld: value["held"] == .bool(true), report: value["report"],
      isOnline: value["online"] == .bool(true))
  }
}
