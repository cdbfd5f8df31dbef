import Model

/// The summary of a plan: how many resources of each outcome, and the risks.
struct PlanSentence {
  let lines: [String]

  /// - Parameter width: Maximum columns of a line; nil for no limit.
  init(_ plan: Plan, style: TextStyle, width: Int?) {
    let pieces =
      plan.hasChanges
      ? [PlanSentence.counts(plan.summary)] + PlanSentence.risks(plan) : [PlanSentence.settled(plan.summary)]
    lines = pieces.flatMap { PlanSentence.broken($0, to: width ?? .max, style) }
  }

  /// Words that are not broken across lines, with their attributes.
  private typealias Piece = (text: String, attributes: [TextStyle.Attribute])

  /// The pieces separated by spaces, in lines of at most `width` characters.
  private static func broken(_ pieces: [Piece], to width: Int, _ style: TextStyle) -> [String] {
    func painted(_ line: [Piece]) -> String { line.map { style.paint($0.text, $0.attributes) }.joined() }
    var lines: [String] = []
    var line: [Piece] = []
    var length = 0
    for piece in pieces {
      if length > 0, length + 1 + piece.text.count > width {
        lines.append(painted(line))
        (line, length) = ([], 0)
      }
      let text = length == 0 ? piece.text : " \(piece.text)"
      length += text.count
      // Adjacent pieces with equal attributes are painted together.
      if line.last?.attributes == piece.attributes {
        line[line.count - 1].text += text
      } else {
        line.append((text, piece.attributes))
      }
    }
    return lines + [painted(line)]
  }

  private static func words(_ text: String, _ attributes: [TextStyle.Attribute]) -> [Piece] {
    text.split(separator: " ").map { (String($0), attributes) }
  }

  private static func counts(_ summary: PlanSummary) -> [Piece] {
    let counts: [(Int, String, [TextStyle.Attribute])] = [
      (summary.create, "to create", ResourcePlan.Outcome.create.attributes),
      (summary.update, "to update", ResourcePlan.Outcome.update.attributes),
      (summary.replace, "to replace", ResourcePlan.Outcome.replace.attributes),
      (summary.delete, "to delete", ResourcePlan.Outcome.delete.attributes),
      (summary[.unchanged], "unchanged", []),
      (summary[.paused], "paused", []),
      (summary[.drifted], "drifted", ResourcePlan.Outcome.drifted.attributes),
      (summary[.waiting], "waiting", ResourcePlan.Outcome.waiting.attributes),
      (summary[.unknown], "unknown", ResourcePlan.Outcome.unknown.attributes),
      (summary[.invalid], "invalid", ResourcePlan.Outcome.invalid.attributes),
      (summary[.blocked], "blocked", ResourcePlan.Outcome.blocked.attributes),
    ]
    let parts = counts.filter { $0.0 > 0 }
    return [("Plan:", [.bold])]
      + parts.enumerated().map { index, part in
        ("\(part.0) \(part.1)\(index == parts.count - 1 ? "." : ",")", part.2)
      }
  }

  private static func settled(_ summary: PlanSummary) -> [Piece] {
    let head = words("No changes.", [.bold, .green])
    let (count, paused) = (summary[.unchanged], summary[.paused])
    guard count + paused > 0 else { return head + words("Nothing is declared and nothing is there.", []) }
    var text = count == 1 ? "1 resource is as declared" : "\(count) resources are as declared"
    if paused > 0 { text += paused == 1 ? ", 1 is paused" : ", \(paused) are paused" }
    return head + words("\(text).", [])
  }

  /// Counts only steps that would run now.
  private static func risks(_ plan: Plan) -> [[Piece]] {
    let steps = plan.resources.filter { !$0.outcome.needsAttention }.flatMap(\.steps)
    let disruptive = steps.count { $0.risk == .disruptive }
    let destructive = steps.count { $0.risk == .destructive }
    var lines: [[Piece]] = []
    if disruptive > 0 {
      let text = disruptive == 1 ? "1 step interrupts" : "\(disruptive) steps interrupt"
      lines.append(words("\(text) what runs (disruptive).", Risk.disruptive.attributes))
    }
    let jobs = steps.reduce(0) { $0 + ($1.jobs ?? 0) }
    if jobs > 0 {
      let text = "touches \(jobs) running job\(jobs == 1 ? "" : "s")"
      lines.append(words("It \(text).", Risk.disruptive.attributes))
    }
    if destructive > 0 {
      let text = destructive == 1 ? "1 step destroys" : "\(destructive) steps destroy"
      lines.append(
        words("\(text) what only a backup can bring back (destructive).", Risk.destructive.attributes))
    }
    return lines
  }
}
