import Model

/// The plan in one sentence, or a few: how many of what, and what it may cost.
struct PlanSentence {
  let lines: [String]

  init(_ plan: Plan, style: TextStyle) {
    let summary = plan.summary
    guard plan.hasChanges else {
      lines = [PlanSentence.settled(summary, style)]
      return
    }
    let counts: [(Int, String, [TextStyle.Look])] = [
      (summary.create, "to create", ResourcePlan.Outcome.create.looks),
      (summary.update, "to update", ResourcePlan.Outcome.update.looks),
      (summary.replace, "to replace", ResourcePlan.Outcome.replace.looks),
      (summary.delete, "to delete", ResourcePlan.Outcome.delete.looks),
      (summary[.unchanged], "unchanged", []),
      (summary[.paused], "paused", []),
      (summary[.drifted], "drifted", ResourcePlan.Outcome.drifted.looks),
      (summary[.waiting], "waiting", ResourcePlan.Outcome.waiting.looks),
      (summary[.unknown], "unknown", ResourcePlan.Outcome.unknown.looks),
      (summary[.invalid], "invalid", ResourcePlan.Outcome.invalid.looks),
      (summary[.blocked], "blocked", ResourcePlan.Outcome.blocked.looks),
    ]
    let parts = counts.filter { $0.0 > 0 }.map { style.paint("\($0.0) \($0.1)", $0.2) }
    lines =
      ["\(style.paint("Plan:", .bold)) \(parts.joined(separator: ", "))."] + PlanSentence.risks(plan, style)
  }

  private static func settled(_ summary: PlanSummary, _ style: TextStyle) -> String {
    let head = style.paint("No changes.", .bold, .green)
    let (count, paused) = (summary[.unchanged], summary[.paused])
    guard count + paused > 0 else { return "\(head) Nothing is declared and nothing is there." }
    var text = count == 1 ? "1 resource is as declared" : "\(count) resources are as declared"
    if paused > 0 { text += paused == 1 ? ", 1 is paused" : ", \(paused) are paused" }
    return "\(head) \(text)."
  }

  /// Counts steps that would run now; what is held back costs nothing.
  private static func risks(_ plan: Plan, _ style: TextStyle) -> [String] {
    let steps = plan.resources.filter { !$0.outcome.needsAttention }.flatMap(\.steps)
    let disruptive = steps.count { $0.risk == .disruptive }
    let destructive = steps.count { $0.risk == .destructive }
    var lines: [String] = []
    if disruptive > 0 {
      let text = disruptive == 1 ? "1 step interrupts" : "\(disruptive) steps interrupt"
      lines.append(style.paint("\(text) what runs (disruptive).", Risk.disruptive.looks))
    }
    if destructive > 0 {
      let text = destructive == 1 ? "1 step destroys" : "\(destructive) steps destroy"
      lines.append(
        style.paint("\(text) what only a backup can bring back (destructive).", Risk.destructive.looks))
    }
    return lines
  }
}
