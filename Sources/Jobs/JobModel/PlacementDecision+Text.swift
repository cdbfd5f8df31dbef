/// A decision for people, as `rendertrust job why` shows it.
extension PlacementDecision {
  package func text() -> String { lines().joined(separator: "\n") + "\n" }

  package func lines() -> [String] {
    var lines = [
      "Of \(PlacementDecision.nodes(nodes)) \(passed == 0 ? "none" : String(passed)) could take it."
    ]
    let counts = Filter.allCases.compactMap { filter in removed[filter].map { (filter, $0) } }
    let width = counts.map { String($0.1).count }.max() ?? 0
    for (filter, count) in counts {
      lines.append("  \(PlacementDecision.right(String(count), width)) \(filter.words(count))")
    }
    guard let chosen else { return lines + wayOut(counts) }
    lines.append("")
    lines.append(
      frontCount == 1
        ? "No other beats this one in latency or earnings without losing in the other:"
        : "\(frontCount) of them are beaten by no other in both latency and earnings:")
    lines += table()
    if frontCount > front.count { lines.append("  and \(frontCount - front.count) more") }
    lines.append("")
    lines.append("\(chosen.name) was chosen: \(reason(chosen)).")
    return lines
  }

  private func reason(_ chosen: Candidate) -> String {
    guard front.count > 1 else { return passed == 1 ? "it was the only one" : "it is best in both" }
    return front[1].score == chosen.score
      ? "others have its score too, and it is the first of them by name" : "it has the least score"
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

  /// What would have to change, beginning with the nodes that came furthest.
  private func wayOut(_ counts: [(Filter, Int)]) -> [String] {
    guard nodes > 0 else {
      return ["", "The fleet has no nodes: one must join, with a Node manifest and a worker."]
    }
    return ["", "What would have to change, the nearest first:"]
      + counts.reversed().map { filter, count in "  \(PlacementDecision.nodes(count)): \(filter.change)" }
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
  /// Ends the sentence that begins with the number of nodes it removed.
  fileprivate func words(_ count: Int) -> String {
    let isOne = count == 1
    return switch self {
    case .pool: isOne ? "is of the other pool" : "are of the other pool"
    case .jobType: isOne ? "does not take its job type" : "do not take its job type"
    case .nodes: isOne ? "is not among the nodes it names" : "are not among the nodes it names"
    case .labels: isOne ? "lacks a label it asks for" : "lack a label it asks for"
    case .sandbox: isOne ? "runs containers as root" : "run containers as root"
    case .memory: isOne ? "has too little memory" : "have too little memory"
    case .gpuMemory: isOne ? "has no GPU with enough memory" : "have no GPU with enough memory"
    case .cores: isOne ? "has too few cores" : "have too few cores"
    case .image:
      isOne ? "lacks its image and cannot pull it" : "lack its image and cannot pull it"
    case .cordoned: isOne ? "is cordoned" : "are cordoned"
    case .offline: isOne ? "has not been heard of lately" : "have not been heard of lately"
    case .avoided: isOne ? "failed it before" : "failed it before"
    case .busy: isOne ? "has no room at the moment" : "have no room at the moment"
    }
  }

  /// What lets one of the nodes pass that it removed.
  fileprivate var change: String {
    switch self {
    case .pool: "one must change its pool, or the job escalate to the overflow pool"
    case .jobType: "a worker must take the job type"
    case .nodes: "the module must name one of them"
    case .labels: "one must have the labels that the module asks for"
    case .sandbox: "one must run containers without root"
    case .memory: "one must get more memory, or the module ask for less"
    case .gpuMemory: "one must get a GPU with more memory, or the module ask for less"
    case .cores: "one must get more cores, or the module ask for fewer"
    case .image: "one must get the module's image, or be able to pull it"
    case .cordoned: "one must be uncordoned"
    case .offline: "a worker must send a heartbeat again"
    case .avoided: "the job is not sent back to where it failed; another node must be able to take it"
    case .busy: "a job there must end; this one waits for that"
    }
  }
}
