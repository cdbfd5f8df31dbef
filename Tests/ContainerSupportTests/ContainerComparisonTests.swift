import ContainerFakes
import ContainerSupport
import Model
import Testing

@Suite("Comparison of a replica's containers with its plan")
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
    var labels = ContainerLabels(of: plan, marks: .test).dictionary
    labels[ContainerLabels.spec] = nil
    return ContainerLabels(labels) ?? ContainerLabels(of: older, marks: .test)
  }

  static func shape(_ change: (inout ContainerShape) -> Void) -> ObservedShape {
    var shape = ContainerShape(declaredBy: plan.template, mounts: [:])
    change(&shape)
    return ObservedShape(shape, image: ImageSettings())
  }

  static func observed(
    _ plan: ContainerPlan, _ id: String, _ state: ContainerObservation.State = .running,
    _ change: (inout ContainerObservation) -> Void = { _ in }
  ) -> ContainerObservation {
    var observation = ContainerObservation(
      id: id, name: id, engine: plan.engine, labels: ContainerLabels(of: plan, marks: .test),
      image: plan.template.image.pullReference, state: state, limits: plan.limits)
    change(&observation)
    return observation
  }

  static let cases: [Case] = [
    Case([], ["create: not there yet"], "no container"),
    Case([observed(plan, "c")], [], "as declared"),
    Case(
      [observed(plan, "c", .exited(137))], ["run c: it exited with code 137"],
      "a killed container is started again"),
    Case(
      [observed(plan, "c", .created)], ["run c: it was created but never started"], "a create was interrupted"
    ),
    Case([observed(plan, "c", .paused)], ["run c: it is paused"], "it was paused outside the controller"),
    Case([observed(plan, "c", .restarting)], [], "the engine already restarts it"),
    Case(
      [observed(plan, "c") { $0.health = .failing("status 503") }], [],
      "a failing check is reported and needs no step"),
    Case(
      [observed(plan, "c") { $0.limits.memory = ByteCount("128Mi") }],
      ["update c: limits were changed outside [limits.memory]"], "docker update outside the controller"),
    Case(
      [observed(plan, "c", .exited(1)) { $0.limits.pids = nil }],
      ["update c: limits were changed outside [limits.pids]", "run c: it exited with code 1"], "both"),
    Case(
      [observed(older, "old")], ["replace old: image changed from echo@\(older.template.image.digest.short)"],
      "another image"),
    Case(
      [observed(older, "old"), observed(plan, "new")], ["delete old: new replaced it"],
      "the replacement is complete and the old one remains"),
    Case(
      [observed(older, "old"), observed(plan, "new", .created)],
      ["replace old: its replacement was not finished"],
      "interrupted while the new one was created"),
    Case(
      [observed(older, "old"), observed(plan, "new") { $0.health = .starting }],
      ["replace old: its replacement was not finished"], "interrupted while the new one started"),
    Case(
      [observed(plan, "a"), observed(plan, "b")], ["delete b: a replaced it"],
      "of two equal ones the first by name stays"),
    Case(
      [observed(plan, "a", .exited(0)), observed(plan, "b")], ["delete a: b replaced it"],
      "a running one stays, whatever its name"),
    Case(
      [observed(plan, "c") { $0.image = older.template.image.pullReference }],
      ["replace c: image changed from echo@\(older.template.image.digest.short)"],
      "the labels name another image than the container runs"),
    Case(
      [observed(plan, "c") { $0.shape = shape { $0.networks = [] } }],
      ["update c: it was changed outside [networks]"], "disconnected from its network"),
    Case(
      [observed(plan, "c", .exited(1)) { $0.shape = shape { $0.networks = [] } }],
      ["update c: it was changed outside [networks]"], "connecting starts it too"),
    Case(
      [observed(plan, "c") { $0.shape = shape { $0.restart = "no" } }],
      ["update c: settings were changed outside [restart]"], "docker update --restart"),
    Case(
      [
        observed(plan, "c") {
          $0.limits.pids = nil
          $0.shape = shape { $0.swap = .unlimited }
        }
      ], ["update c: limits and settings were changed outside [limits.pids, limits.swap]"], "both at once"),
    Case(
      [observed(plan, "c") { $0.shape = shape { $0.deviations["Privileged"] = "true" } }],
      ["replace c: it was changed outside [Privileged]"], "created again outside, with the same labels"),
    Case(
      [
        observed(plan, "c") { $0.shape = shape { $0.user = "0" } },
        observed(plan, "d") { $0.shape = shape { _ in } },
      ],
      ["delete c: d replaced it"], "its replacement is complete"),
    Case([observed(plan, "c", .dead)], ["replace c: the old one is dead"], "the engine failed to remove it"),
    Case(
      [observed(older, "o1"), observed(older, "o2", .exited(0))],
      [
        "replace o1: image changed from echo@\(older.template.image.digest.short)",
        "delete o2: another container of the replica stays",
      ], "two old ones"),
    Case(
      [observed(ContainerPlan.sample("echo", node: "b"), "c")], ["replace c: it must leave Node/b"],
      "it must leave its node"),
    Case(
      [observed(plan, "c") { $0.labels = withoutSpec }],
      ["replace c: its configuration changed"], "a container without its label is replaced"),
  ]

  @Test("The steps derive from the found containers", arguments: cases)
  func decision(_ test: Case) {
    let comparison = ContainerComparison(Self.plan, found: test.found, replacement: .newFirst)
    #expect(comparison.steps.inOrder.map(Self.text) == test.expected, Comment(rawValue: test.reason))
    let turned = ContainerComparison(Self.plan, found: test.found.reversed(), replacement: .newFirst)
    #expect(
      turned.steps.inOrder.map(\.operation) == comparison.steps.inOrder.map(\.operation),
      "the order of the containers does not matter")
  }

  @Test(
    "A container whose host port is released is stopped before all other steps",
    arguments: [
      (8080, ContainerObservation.State.running, true, "it holds a port that the plan does not publish"),
      (8080, .paused, true, "a paused container holds its ports"),
      (8080, .exited(0), false, "it holds no port any more"),
      (9090, .running, false, "the new container publishes the same port"),
    ])
  func release(_ port: Int, _ state: ContainerObservation.State, isStopped: Bool, reason: String) throws {
    var plan = Self.plan
    plan = ContainerPlan(
      resource: plan.resource, node: plan.node, engine: plan.engine,
      template: Self.template(plan.template, port: 9090), limits: plan.limits, health: plan.health)
    let found = Self.observed(Self.older, "c", state) {
      $0.shape = Self.shape { $0.ports = [Self.binding(port)] }
    }
    let steps = ContainerComparison(plan, found: [found], replacement: .oldFirst).steps.inOrder
    #expect(steps.map(\.isRelease) == (isStopped ? [true, false] : [false]), Comment(rawValue: reason))
    if isStopped { #expect(steps.first?.operation == .stop(found.handle)) }
  }

  private static func binding(_ port: Int) -> PortBinding {
    PortBinding(hostAddress: .loopback4, hostPort: port, containerPort: 80)
  }

  private static func template(_ template: ContainerTemplate, port: Int) -> ContainerTemplate {
    var template = template
    template.ports = [binding(port)]
    return template
  }

  private static func text(_ step: Step<ContainerOperation>) -> String {
    let fields = step.fields.isEmpty ? "" : " [\(step.fields.map(\.path).joined(separator: ", "))]"
    let subject =
      switch step.operation {
      case .create: ""
      case .replaceAfter(_, let old), .replaceBefore(_, let old), .createBeside(_, let old): " \(old.id)"
      case .drain(let scope, successor: _, within: _, because: _), .release(let scope): " \(scope.node)"
      case .start(let handle, _), .update(let handle, _), .connect(let handle, _), .stop(let handle),
        .remove(let handle):
        " \(handle.id)"
      }
    return "\(step.action.rawValue)\(subject): \(step.reason)\(fields)"
  }
}
