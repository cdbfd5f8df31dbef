import Model

/// Renders a plan for people: steps in the order of execution, then resources that need attention, then the
/// summary.
struct PlanText {
  let style: TextStyle
  /// Maximum columns; nil for no limit.
  let width: Int?
  let isVerbose: Bool
  private var lines: [String] = []
  private var idColumn = 0
  private var stepColumn = 0
  private var markColumn = 1

  init(style: TextStyle, width: Int?, isVerbose: Bool) {
    self.style = style
    self.width = width
    self.isVerbose = isVerbose
  }

  mutating func render(_ plan: Plan) -> String {
    let listed = plan.resources.filter { isVerbose || !$0.outcome.isQuiet }
    measure(listed)
    for resource in listed where !resource.outcome.needsAttention { write(resource) }
    writeAttention(listed.filter(\.outcome.needsAttention))
    if !lines.isEmpty { lines.append("") }
    lines.append(contentsOf: PlanSentence(plan, style: style, width: width).lines)
    return lines.joined(separator: "\n") + "\n"
  }

  // MARK: Columns

  private mutating func measure(_ resources: [ResourcePlan]) {
    idColumn = min(36, resources.map { $0.id.description.count }.max() ?? 0)
    stepColumn = min(52, resources.flatMap(\.steps).map { $0.title.count }.max() ?? 0)
    markColumn = resources.map { $0.outcome.mark.count }.max() ?? 1
  }

  /// The column of the ids. The marks of steps have the same column.
  private var indent: Int { markColumn + 1 }

  // MARK: Resources

  private mutating func write(_ resource: ResourcePlan) {
    var head = headline(resource)
    let risk = resource.outcome == .unchanged ? .safe : resource.risk
    // A single step shows its jobs here, several show them themselves.
    let jobs = resource.steps.count == 1 ? resource.steps[0].jobs : nil
    if risk != .safe { head.add(PlanText.note(risk, jobs), risk.attributes) }
    if let handover = resource.handover {
      head.add("  \(handover.text)", [.dim])
    } else if resource.outcome == .delete, resource.steps.isEmpty {
      head.add("  already gone; removed from the inventory", [.dim])
    }
    append(head)
    if let waitingOn = resource.waitingOn {
      writeParagraph(TextStyle.harmless("waits for \(waitingOn)"), at: indent + 2, [.yellow])
    }
    for finding in resource.allowed {
      writeParagraph(TextStyle.harmless("allowed: \(finding.text)"), at: indent + 2, [.yellow])
    }
    for step in resource.steps { write(step, marksRisk: resource.steps.count > 1) }
  }

  private func headline(_ resource: ResourcePlan) -> Line {
    var line = Line()
    let attributes = resource.outcome.attributes
    line.add(resource.outcome.mark.padded(to: markColumn) + " ", [.bold] + attributes)
    line.add(resource.id.description.padded(to: idColumn), resource.outcome.isQuiet ? [.dim] : [.bold])
    line.add("  " + resource.outcome.rawValue, attributes)
    return line
  }

  private mutating func write(_ step: AnyStep, marksRisk: Bool) {
    let inner = indent + 2
    let inlined = step.inlinedChange
    let why = inlined ?? TextStyle.harmless(step.reason)
    var line = Line(indentedBy: inner)
    line.add(step.action.mark + " ", step.action.attributes)
    line.add(step.title, [])
    let risk = marksRisk && step.risk != .safe ? PlanText.note(step.risk, step.jobs) : ""
    let column = max(stepColumn, step.title.count) + 2
    let fits = width.map { inner + 2 + column + why.count + risk.count <= $0 } ?? true
    if fits { line.add(String(repeating: " ", count: column - step.title.count), []) }
    if fits { line.add(why, inlined == nil ? [.dim] : []) }
    line.add(risk, step.risk.attributes)
    append(line)
    if !fits { writeParagraph(why, at: inner + 2, [.dim]) }
    if inlined == nil { write(step.fields, at: inner + 2) }
  }

  /// `  (disruptive, 3 jobs)`.
  private static func note(_ risk: Risk, _ jobs: Int?) -> String {
    "  (\(risk.rawValue)" + (jobs.map { ", \($0) job\($0 == 1 ? "" : "s")" } ?? "") + ")"
  }

  private mutating func write(_ fields: [FieldChange], at column: Int) {
    let pathColumn = min(44, fields.map { $0.path.count }.max() ?? 0)
    for field in fields {
      var line = Line(indentedBy: column)
      line.add(TextStyle.harmless(field.path).padded(to: pathColumn) + "  ", [.dim])
      line.add(ValueText.of(field.from), [])
      line.add(" → ", [.dim])
      line.add(ValueText.of(field.to), [])
      append(line)
    }
  }

  // MARK: Attention

  /// Groups resources with the same reasons, and prints the reasons once below them.
  private mutating func writeAttention(_ resources: [ResourcePlan]) {
    var order: [AttentionGroup] = []
    var groups: [AttentionGroup: [ResourcePlan]] = [:]
    for resource in resources {
      let group = AttentionGroup(outcome: resource.outcome, reasons: reasons(of: resource))
      if groups[group] == nil { order.append(group) }
      groups[group, default: []].append(resource)
    }
    for group in order {
      for resource in groups[group] ?? [] {
        var head = headline(resource)
        if resource.outcome == .drifted { head.add("  only reported (mode observe)", [.dim]) }
        append(head)
        if isVerbose || showsSteps(resource) {
          for step in resource.steps { write(step, marksRisk: true) }
        }
      }
      for reason in group.reasons {
        writeParagraph(TextStyle.harmless(reason), at: indent + 2, group.outcome.attributes)
      }
    }
  }

  /// Steps that a person is asked to allow are listed. Deletions that the prune guard blocks are only
  /// counted.
  private func showsSteps(_ resource: ResourcePlan) -> Bool {
    resource.outcome == .drifted || resource.blockedBy.contains { $0.rule != .prune }
  }

  /// With the location in the manifest when only a change of the manifest helps.
  private func reasons(of resource: ResourcePlan) -> [String] {
    guard resource.blockedBy.isEmpty else { return resource.blockedBy.map(\.sentence) }
    let reason = resource.waitingOn ?? ""
    guard resource.outcome == .invalid, let location = resource.location else { return [reason] }
    return ["\(location): \(reason)"]
  }

  private struct AttentionGroup: Hashable {
    let outcome: ResourcePlan.Outcome
    let reasons: [String]
  }

  // MARK: Lines

  private mutating func writeParagraph(_ text: String, at column: Int, _ attributes: [TextStyle.Attribute]) {
    let columns = width.map { max(20, $0 - column) } ?? Int.max
    for part in TextStyle.wrapped(text, to: columns) {
      var line = Line(indentedBy: column)
      line.add(part, attributes)
      append(line)
    }
  }

  private mutating func append(_ line: Line) { lines.append(line.text(in: style, width: width)) }

  /// The pieces of one line with their attributes, so that shortening never cuts an escape sequence.
  private struct Line {
    private var pieces: [(text: String, attributes: [TextStyle.Attribute])] = []

    init(indentedBy columns: Int = 0) {
      if columns > 0 { pieces.append((String(repeating: " ", count: columns), [])) }
    }

    mutating func add(_ text: String, _ attributes: [TextStyle.Attribute]) {
      pieces.append((text, attributes))
    }

    func text(in style: TextStyle, width: Int?) -> String {
      var columnsLeft = width ?? Int.max
      var result = ""
      for piece in pieces where columnsLeft > 0 {
        let text = TextStyle.shortened(piece.text, to: columnsLeft)
        columnsLeft -= text.count
        result += style.paint(text, piece.attributes)
      }
      return result
    }
  }
}
