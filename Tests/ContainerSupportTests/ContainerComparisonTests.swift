import ContainerFakes
import ContainerSupport
import Model
import Testing

@Suite("What happens to the containers of one replica")
struct ContainerComparisonTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let found: [ContainerObservation]
    let expected: [String]
    let reason: String
    var testDescription: String { reason }

    init(_ found: [ContainerObservation], _ expected: [String], _ reason: String) {
      self.found = found
      self.expected = expected
      self.reason = reason
    }
  }

  static let plan = ContainerPlan.sample("echo", node: "a")
  static let older = ContainerPlan.sample("echo", node: "a", image: .sample("echo", tag: "0"))

  static var withoutSpec: ContainerLabels {
    var labels = ContainerLabels(of: plan, owner: "test").dictionary
    labels[ContainerLabels.spec] = nil
    return ContainerLabels(labels) ?? ContainerLabels(of: older, owner: "test")
  }

  static func seen(
    _ plan: ContainerPlan, _ id: String, _ state: ContainerObservation.State = .running,
    _ change: (inout ContainerObservation) -> Void = { _ in }
  ) -> ContainerObservation {
    var observation = ContainerObservation(
      id: id, name: id, engine: plan.engine, labels: ContainerLabels(of: plan, owner: "test"),
      image: plan.template.image.pullReference, state: state, limits: plan.limits)
    change(&observation)
    return observation
  }

  static let cases: [Case] = [
    Case([], ["create: not there yet"], "nothing there"),
    Case([seen(plan, "c")], [], "as it should be"),
    Case(
      [seen(plan, "c", .exited(137))], ["run c: it exited with code 137"],
      "a killed container is started again"),
    Case(
      [seen(plan, "c", .created)], ["run c: it was created but never started"], "a create was interrupted"),
    Case([seen(plan, "c", .paused)], ["run c: it is paused"], "somebody paused it"),
    Case([seen(plan, "c", .restarting)], [], "the engine is at it already"),
    Case(
      [seen(plan, "c") { $0.health = .failing("status 503") }], [],
      "a failing check is shown, not mended by doing the same again"),
    Case(
      [seen(plan, "c") { $0.limits.memory = ByteCount("128Mi") }],
      ["update c: limits were changed outside [limits.memory]"], "docker update behind the back"),
    Case(
      [seen(plan, "c", .exited(1)) { $0.limits.pids = nil }],
      ["update c: limits were changed outside [limits.pids]", "run c: it exited with code 1"], "both"),
    Case(
      [seen(older, "old")], ["replace old: image changed from echo@\(older.template.image.digest.short)"],
      "another image"),
    Case(
      [seen(older, "old"), seen(plan, "new")], ["delete old: new has taken its place"],
      "the replacement was finished, only the old one was left"),
    Case(
      [seen(older, "old"), seen(plan, "new", .created)], ["replace old: its replacement was not finished"],
      "killed while the new one was made"),
    Case(
      [seen(older, "old"), seen(plan, "new") { $0.health = .starting }],
      ["replace old: its replacement was not finished"], "killed while the new one came up"),
    Case(
      [seen(plan, "a"), seen(plan, "b")], ["delete b: a has taken its place"],
      "of two equal ones the first by name stays"),
    Case(
      [seen(plan, "a", .exited(0)), seen(plan, "b")], ["delete a: b has taken its place"],
      "a running one stays, whatever its name"),
    Case(
      [seen(plan, "c") { $0.image = older.template.image.pullReference }],
      ["replace c: image changed from echo@\(older.template.image.digest.short)"],
      "labels that promise another image than runs"),
    Case([seen(plan, "c", .dead)], ["replace c: the old one is dead"], "the engine gave it up"),
    Case(
      [seen(older, "o1"), seen(older, "o2", .exited(0))],
      [
        "replace o1: image changed from echo@\(older.template.image.digest.short)",
        "delete o2: another of the same replica stays",
      ], "two old ones"),
    Case(
      [seen(ContainerPlan.sample("echo", node: "b"), "c")], ["replace c: Node/b is no place for it any more"],
      "its node has to be left"),
    Case(
      [seen(plan, "c") { $0.labels = withoutSpec }],
      ["replace c: what it is made from changed"], "a container whose label was lost is not trusted"),
  ]

  @Test("By what was found", arguments: cases)
  func decision(_ test: Case) {
    let comparison = ContainerComparison(Self.plan, found: test.found, replacement: .newFirst)
    #expect(comparison.steps.inOrder.map(Self.text) == test.expected, Comment(rawValue: test.reason))
    let turned = ContainerComparison(Self.plan, found: test.found.reversed(), replacement: .newFirst)
    #expect(
      turned.steps.inOrder.map(\.operation) == comparison.steps.inOrder.map(\.operation),
      "the order in which they are seen decides nothing")
  }

  private static func text(_ step: Step<ContainerOperation>) -> String {
    let fields = step.fields.isEmpty ? "" : " [\(step.fields.map(\.path).joined(separator: ", "))]"
    let subject =
      switch step.operation {
      case .create: ""
      case .replaceAfter(_, let old), .replaceBefore(_, let old): " \(old.id)"
      case .start(let handle, _), .update(let handle, _), .remove(let handle): " \(handle.id)"
      }
    return "\(step.action.rawValue)\(subject): \(step.reason)\(fields)"
  }
}
