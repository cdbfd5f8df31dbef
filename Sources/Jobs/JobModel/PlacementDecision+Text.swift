/// The text of a decision, as `rendertrust job why` prints it.
extension PlacementDecision {
  package func text() -> String { lines().joined(separator: "\n") + "\n" }

  package func lines() -> [String] {
    var lines = [
      "\(passed == 0 ? "None" : String(passed)) of \(PlacementDecision.nodes(nodes)) can run it."
    ]
    let counts = Filter.allCases.compactMap { filter in removed[filter].map { (filter, $0) } }
    let width = counts.map { String($0.1).count }.max() ?? 0
    for (filter, count) in counts {
      lines.append("  \(PlacementDecision.right(String(count), width)) \(filter.text(count))")
    }
    guard let chosen else { return lines + remedies(counts) }
    lines.append("")
    lines.append(
      frontCount == 1
        ? "1 of them is on the Pareto frontier of latency and earnings:"
        : "\(frontCount) of them are on the Pareto frontier of latency and earnings:")
    lines += table()
    if frontCount > front.count { lines.append("  and \(frontCount - front.count) more") }
    lines.append("")
    lines.append("\(chosen.name) was chosen: \(reason(chosen)).")
    return lines
  }

  private func reason(_ chosen: Candidate) -> String {
    guard front.count > 1 else { return passed == 1 ? "it is the only one" : "it is best in both" }
    return front[1].score == chosen.score
      ? "it is the first by name of those with the lowest score" : "it has the lowest score"
  }

  private func table() -> [String] {
    let rows =
      [["NODE", "LATENCY", "EARNINGS", "SCORE"]]
      + front.map { candidate in
        [
          candidate.name, PlacementDecision.decimal(candidate.latency, unit: 1000, places: 1) + " ms",
          PlacementDecision.decimal(candidate.earnings, unit: 10_000, places: 1) + " %",
          PlacementDecision.decimal(candidate.score, unit: 1_000_000, places: 4),
        ]
      }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.enumerated().map { index, row in
      let cells = row.indices.map { column in
        column == 0
          ? PlacementDecision.left(row[0], widths[0]) : PlacementDecision.right(row[column], widths[column])
      }
      return "  " + cells.joined(separator: "  ") + (index == 1 ? "  chosen" : "")
    }
  }

  /// The changes that would let nodes pass, beginning with the nodes that passed most filters.
  private func remedies(_ counts: [(Filter, Int)]) -> [String] {
    guard nodes > 0 else {
      return ["", "The fleet has no nodes: one must join, with a Node manifest and a worker."]
    }
    return ["", "Changes that would let nodes run it, nearest first:"]
      + counts.reversed().map { filter, count in "  \(PlacementDecision.nodes(count)): \(filter.remedy)" }
  }

  private static func nodes(_ count: Int) -> String { count == 1 ? "1 node" : "\(count) nodes" }

  private static func left(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  private static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  /// Rounded half up.
  private static func decimal(_ number: Int64, unit: Int64, places: Int) -> String {
    let scale = (0..<places).reduce(Int64(1)) { scale, _ in scale * 10 }
    let rounded = (number * scale + unit / 2) / unit
    let fraction = String(rounded % scale)
    return "\(rounded / scale)." + String(repeating: "0", count: places - fraction.count) + fraction
  }
}

extension PlacementDecision.Filter {
  /// The end of a sentence that starts with the number of nodes that it removed.
  fileprivate func text(_ count: Int) -> String {
    let isOne = count == 1
    return switch self {
    case .pool: isOne ? "is in the other pool" : "are in the other pool"
    case .jobType: isOne ? "does not take its job type" : "do not take its job type"
    case .nodes: isOne ? "is not a node that the module names" : "are not nodes that the module names"
    case .labels: isOne ? "lacks a label that the module requires" : "lack a label that the module requires"
    case .sandbox: isOne ? "runs containers as root" : "run containers as root"
    case .memory: isOne ? "has too little memory" : "have too little memory"
    case .gpuMemory: isOne ? "has no GPU with enough memory" : "have no GPU with enough memory"
    case .cores: isOne ? "has too few cores" : "have too few cores"
    case .image:
      isOne ? "lacks its image and cannot pull it" : "lack its image and cannot pull it"
    case .cordoned: isOne ? "is cordoned" : "are cordoned"
    case .offline: "sent no heartbeat lately"
    case .avoided: "failed it before"
    case .busy: isOne ? "has too little free capacity" : "have too little free capacity"
    case .draining:
      isOne ? "drains its container of the module" : "drain their containers of the module"
    }
  }

  /// What would let one of the nodes pass that it removed.
  fileprivate var remedy: String {
    switch self {
    case .pool: "one must change its pool, or the job must escalate to the overflow pool"
    case .jobType: "a worker must take the job type"
    case .nodes: "the module must name one of them"
    case .labels: "one must have the labels that the module requires"
    case .sandbox: "one must run containers without root"
    case .memory: "one must get more memory, or the module must require less"
    case .gpuMemory: "one must get a GPU with more memory, or the module must require less"
    case .cores: "one must get more cores, or the module must require fewer"
    case .image: "one must get the module's image, or be able to pull it"
    case .cordoned: "one must be uncordoned"
    case .offline: "a worker must send a heartbeat again"
    case .avoided: "another node must be able to run it; a job does not return to a node that it failed on"
    case .busy: "an attempt there must end; the job waits for that"
    case .draining: "its new container must start; the job waits for that"
    }
  }
}
