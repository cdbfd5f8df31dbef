import JobModel
import Model
import Planning

/// Renders nodes as text. Pure: the time and the style are inputs.
struct NodeText {
  let style: TextStyle
  let now: Timestamp

  func list(_ nodes: [NodeStatus], width: Int?) -> String {
    var table = Table([
      "NODE", "STATUS", "SLOTS", "CORES", "GPU MEMORY", "RTT", "HEARTBEAT", "OWNER", "POOL",
    ])
    for node in nodes {
      let cores = "\(CoreCount(thousandths: node.coresUsed))/\(CoreCount(thousandths: node.cores))"
      table.add([
        node.name, node.text, "\(node.slotsUsed)/\(node.slots)", cores, NodeText.gpuMemory(node),
        node.lastHeartbeatAt == nil ? "–" : NodeText.milliseconds(node.roundTripMicroseconds),
        node.lastHeartbeatAt.map { (now - $0).ago } ?? "never", node.owner,
        node.isOverflow ? "overflow" : "–",
      ])
    }
    // Pool, round trip, owner, GPU memory, cores.
    return table.text(style: style, width: width, optional: [8, 5, 7, 4, 3]) { cell, row, column in
      guard column == 1 else { return cell }
      let status = nodes[row]
      if !status.isOnline { return style.red(cell) }
      return status.isUnschedulable ? style.yellow(cell) : style.green(cell)
    }
  }

  /// Used and total memory of all GPUs.
  private static func gpuMemory(_ node: NodeStatus) -> String {
    guard node.gpuMemory > 0, !node.gpuUsed.isEmpty else { return "–" }
    let used = ByteCount(bytes: node.gpuUsed.reduce(0, +))
    return "\(used)/\(ByteCount(bytes: node.gpuMemory * Int64(node.gpuUsed.count)))"
  }

  /// `0.4 ms`.
  private static func milliseconds(_ microseconds: Int64) -> String {
    "\(microseconds / 1000).\(microseconds % 1000 / 100) ms"
  }

  /// The state of a node after `cordon` or `uncordon`.
  func cordonState(_ status: NodeStatus) -> String {
    let name = style.bold(status.name)
    let attempts = status.slotsUsed == 0 ? "no attempts" : status.attempts
    if status.isCordonedByOperator { return "\(style.yellow("!")) \(name) is cordoned: \(attempts) running." }
    if status.isCordoned {
      return "\(style.yellow("!")) \(name) is still cordoned by its manifest (`schedulable: false`)."
    }
    return "\(style.green("✓")) \(name) is uncordoned"
      + (status.isOnline ? "." : "; it is offline until its worker sends a heartbeat.")
  }

  /// The progress of `drain` in one line.
  func draining(_ status: NodeStatus, since began: Timestamp) -> String {
    "\(status.name): \(status.attempts) running  \((now - began).elapsed)"
  }

  func drained(_ status: NodeStatus, since began: Timestamp) -> String {
    "\(style.green("✓")) \(style.bold(status.name)) is drained  " + style.dim((now - began).elapsed)
  }
}

extension NodeStatus {
  /// Cordoned by a command or by the manifest.
  fileprivate var isUnschedulable: Bool { isCordonedByOperator || isCordoned }

  /// `online`, `offline, cordoned`.
  fileprivate var text: String {
    let cordon = isCordonedByOperator ? ", cordoned" : isCordoned ? ", cordoned by manifest" : ""
    return (isOnline ? "online" : "offline") + cordon
  }

  fileprivate var attempts: String { "\(slotsUsed) attempt\(slotsUsed == 1 ? "" : "s")" }

  /// The node as `-o json` and `-o yaml` print it.
  var document: Value {
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
