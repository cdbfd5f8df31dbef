package import Model

/// Nodes as the API and `-o json` write them; the same text can be read back.
extension NodeStatus {
  package var value: Value {
    .members([
      "id": .integer(id), "name": .string(name), "owner": .string(owner), "online": .bool(isOnline),
      "held": .bool(isCordonedByOperator), "cordoned": .bool(isCordoned), "overflow": .bool(isOverflow),
      "rootless": .bool(isRootless), "labels": .object(labels.mapValues { .string($0) }),
      "gpuMemory": .integer(gpuMemory), "gpuUsed": .array(gpuUsed.map { .integer($0) }),
      "cores": .integer(cores), "coresUsed": .integer(coresUsed), "slots": .integer(Int64(slots)),
      "slotsUsed": .integer(Int64(slotsUsed)), "memory": .integer(memory),
      "jobTypes": jobTypes.map { .array($0.sorted().map { .string($0) }) },
      "images": .array(images.sorted().map { .string($0) }), "canPull": .bool(canPull),
      "heardAt": lastHeartbeatAt.map { .string($0.description) },
      "roundTripMicroseconds": .integer(roundTripMicroseconds), "earnedMicro": .integer(earned),
      "report": report,
    ])
  }

  /// Nil where a member is missing that every node has.
  package init?(_ value: Value) {
    guard let id = value["id"]?.number, let name = value["name"]?.text, let owner = value["owner"]?.text,
      let cores = value["cores"]?.number, let slots = value["slots"]?.number,
      let memory = value["memory"]?.number
    else { return nil }
    self.init(id: id, name: name, owner: owner, cores: cores, slots: Int(slots), memory: memory)
    if case .object(let members)? = value["labels"] {
      for member in members { labels[member.key] = member.value.text }
    }
    gpuMemory = value["gpuMemory"]?.number ?? 0
    gpuUsed = (value["gpuUsed"]?.elements ?? []).compactMap(\.number)
    coresUsed = value["coresUsed"]?.number ?? 0
    slotsUsed = Int(value["slotsUsed"]?.number ?? 0)
    isRootless = value["rootless"] == .bool(true)
    isOverflow = value["overflow"] == .bool(true)
    isCordonedByOperator = value["held"] == .bool(true)
    isCordoned = value["cordoned"] == .bool(true)
    isOnline = value["online"] == .bool(true)
    lastHeartbeatAt = value.time(at: "heardAt")
    roundTripMicroseconds = value["roundTripMicroseconds"]?.number ?? 0
    jobTypes = value["jobTypes"]?.elements.map { Set($0.compactMap(\.text)) }
    images = Set((value["images"]?.elements ?? []).compactMap(\.text))
    canPull = value["canPull"] == .bool(true)
    earned = value["earnedMicro"]?.number ?? 0
    report = value["report"]
  }
}
