import JobModel
import Model
import Planning

/// How nodes are shown to people. Pure: the time and the style are given.
struct NodeText {
  let style: TextStyle
  let now: Timestamp

  func list(_ nodes: [NodeStatus], width: Int?) -> String {
    var table = Table([
      "NODE", "STATUS", "SLOTS", "CORES", "GPU MEMORY", "ROUND TRIP", "HEARD", "OWNER", "POOL",
    ])
    for node in nodes {
      let cores = "\(CoreCount(thousandths: node.coresUsed))/\(CoreCount(thousandths: node.cores))"
      table.add([
        node.name, node.words, "\(node.slotsUsed)/\(node.slots)", cores, NodeText.gpuMemory(node),
        node.lastHeartbeatAt == nil ? "–" : NodeText.milliseconds(node.roundTripMicroseconds),
        node.lastHeartbeatAt.map { (now - $0).ago } ?? "never", node.owner,
        node.isOverflow ? "overflow" : "–",
      ])
    }
    // Pool, round trip, owner, GPU memory, cores.
    return table.text(width: width, optional: [8, 5, 7, 4, 3]) { cell, row, column in
      if row == 0 { return style.dim(cell) }
      guard column == 1 else { return cell }
      let status = nodes[row - 1]
      if !status.isOnline { return style.red(cell) }
      return status.isClosed ? style.yellow(cell) : style.green(cell)
    }
  }

  /// What is in use of all GPUs.
  private static func gpuMemory(_ node: NodeStatus) -> String {
    guard node.gpuMemory > 0, !node.gpuUsed.isEmpty else { return "–" }
    let used = ByteCount(bytes: node.gpuUsed.reduce(0, +))
    return "\(used)/\(ByteCount(bytes: node.gpuMemory * Int64(node.gpuUsed.count)))"
  }

  /// `0.4 ms`.
  private static func milliseconds(_ microseconds: Int64) -> String {
    "\(microseconds / 1000).\(microseconds % 1000 / 100) ms"
  }

  /// What follows from closing or opening it by hand.
  func held(_ status: NodeStatus) -> String {
    let name = style.bold(status.name)
    let verb = status.slotsUsed == 1 ? "goes on" : "go on"
    let rest = status.slotsUsed == 0 ? "nothing runs there" : "\(status.attempts) \(verb)"
    if status.isCordonedByOperator {
      return "\(style.yellow("!")) \(name) is cordoned: nothing new comes, \(rest)."
    }
    if status.isCordoned {
      return "\(style.yellow("!")) \(name) is still cordoned, by its manifest (`schedulable: false`)."
    }
    return "\(style.green("✓")) \(name) takes work again"
      + (status.isOnline ? "." : ", once its worker is heard of.")
  }

  /// What is waited for while it is drained.
  func draining(_ status: NodeStatus, since began: Timestamp) -> String {
    "\(status.name): \(status.attempts) left  \((now - began).elapsed)"
  }

  func drained(_ status: NodeStatus, since began: Timestamp) -> String {
    "\(style.green("✓")) \(style.bold(status.name)) is drained: nothing runs there  "
      + style.dim((now - began).elapsed)
  }
}

extension NodeStatus {
  var isClosed: Bool { isCordonedByOperator || isCordoned }

  /// `online`, `offline, cordoned`.
  fileprivate var words: String {
    let by = isCordonedByOperator ? ", cordoned" : isCordoned ? ", cordoned by manifest" : ""
    return (isOnline ? "online" : "offline") + by
  }

  fileprivate var attempts: String { "\(slotsUsed) attempt\(slotsUsed == 1 ? "" : "s")" }

  /// For programs.
  var value: Value {
    .members([
      "name": .string(name), "owner": .string(owner), "online": .bool(isOnline),
      "held": .bool(isCordonedByOperator),
      "cordoned": .bool(isCordoned), "overflow": .bool(isOverflow),
      "slots": .integer(Int64(slots)), "slotsUsed": .integer(Int64(slotsUsed)),
      "cores": .string(CoreCount(thousandths: cores).description),
      "coresUsed": .string(CoreCount(thousandths: coresUsed).description),
      "memoryBytes": .integer(memory), "gpuMemoryBytes": .integer(gpuMemory),
      "gpuMemoryUsedBytes": .array(gpuUsed.map(Value.integer)),
      "labels": .object(labels.mapValues(Value.string)),
      "jobTypes": jobTypes.map { .array($0.sorted().map(Value.string)) },
      "images": .array(images.sorted().map(Value.string)), "canPull": .bool(canPull),
      "heardAt": lastHeartbeatAt.map { .string($0.description) },
      "roundTripMicroseconds": .integer(roundTripMicroseconds), "report": report,
    ])
  }
}
