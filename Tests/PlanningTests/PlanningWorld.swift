import Model
import Planning

/// A kind for tests: its fields are compared, and some of them make the planner behave in a special way.
struct FakeSpec: ResourceSpec {
  var fields: [String: Value] = [:]
  /// What the planner waits for; nil for nothing.
  var waits: String?
  /// The planner's error; nil for none.
  var rejects: String?
  /// Facts for the guards.
  var facts: [SafetyFact] = []
  /// Becomes a fact in comparison with the applied spec.
  var offers: ComputeOffer?
  var requires: ApprovalRequirement?

  var value: Value { .object(fields) }
}

struct FakeState: Sendable, Equatable {
  var fields: [String: Value] = [:]
  var isRunning = true
  /// Routine work is due.
  var isBackupDue = false
}

enum FakeOperation: StepOperation {
  case create(name: String)
  case set(path: String, to: String)
  case replace(image: String)
  case delete(name: String)
  case start, backUp
}

struct FakePlanner: SafetyFactProviding {
  func facts(_ desired: Resource<FakeSpec>?, _ observed: FakeState?, _ context: PlanContext) -> [SafetyFact] {
    let applied = context.lastApplied?.spec as? FakeSpec
    var facts = desired?.spec.facts ?? []
    if applied?.offers != nil || desired?.spec.offers != nil {
      facts.append(.compute(before: applied?.offers, after: desired?.spec.offers))
    }
    if applied?.requires != nil || desired?.spec.requires != nil {
      facts.append(.approvals(before: applied?.requires, after: desired?.spec.requires))
    }
    return facts
  }

  func plan(_ desired: Resource<FakeSpec>?, _ observed: FakeState?, _ context: PlanContext)
    throws(PlanError) -> PlanOutcome<FakeOperation>
  {
    let name = context.id.name
    guard let spec = desired?.spec else {
      return .steps([
        Step(
          .delete, "delete \(name)", because: "left the manifests", risk: .destructive,
          operation: .delete(name: name))
      ])
    }
    if let rejection = spec.rejects { throw PlanError(rejection, hint: "write something else") }
    if let reason = spec.waits { return .waiting(on: reason) }
    guard let observed else {
      return .steps([
        Step(.create, "create \(name)", because: "not there yet", operation: .create(name: name)),
        Step(.run, "start \(name)", because: "just created", operation: .start),
      ])
    }
    var steps: [Step<FakeOperation>] = []
    for change in FieldChange.between(.object(observed.fields), spec.value) {
      let to = change.to?.plainText ?? ""
      if change.path == "image" {
        steps.append(
          Step(
            .replace, "replace container \(name)-0", because: "image changed", risk: .disruptive,
            fields: [change], operation: .replace(image: to)))
      } else {
        steps.append(
          Step(
            .update, "change \(change.path)", because: "\(change.path) changed", fields: [change],
            operation: .set(path: change.path, to: to)))
      }
    }
    if !observed.isRunning {
      steps.append(Step(.run, "start \(name)", because: "stopped", operation: .start))
    }
    if observed.isBackupDue {
      steps.append(Step(.maintain, "back up \(name)", because: "due since 02:00", operation: .backUp))
    }
    return steps.isEmpty ? .upToDate : .steps(steps)
  }
}

/// Builds requests for plans.
struct PlanningWorld {
  static let error = BackendError(code: "fake.down", "the fake refused the connection", hint: "start it")

  var desired: [ResourceID: AnyResource] = [:]
  var inventory: [ResourceID: InventoryEntry] = [:]
  var observations: [ResourceID: Result<Observation, BackendError>] = [:]
  var scope: Set<ResourceID>?
  var allowances = Allowances()
  var holdings: [Holding] = []
  var moves: [Move] = []
  var identities: [ResourceID: DataIdentity] = [:]
  let planner = Planner(
    planners: Dictionary(
      uniqueKeysWithValues: [
        "Module", "Database", "Node", "Service", "PriceMap", "BackupPolicy", "Environment", "Thing", "Ledger",
      ].map {
        ($0, AnyPlanner(FakePlanner()))
      }))

  static func resource(
    _ id: String, _ spec: FakeSpec = FakeSpec(), uses: [String] = [], mode: ReconcileMode = .enforce
  ) -> AnyResource {
    let id = ResourceID(id)!
    let references = uses.enumerated().map { index, target in
      Reference(target: ResourceID(target)!, path: "spec.uses[\(index)]", location: nil)
    }
    let text = spec.value.json + uses.joined(separator: ",")
    return AnyResource(
      id: id, metadata: Metadata(mode: mode), spec: spec, references: references,
      location: SourceLocation(file: "dev/\(id.name).yaml", line: 1, column: 1), digest: Digest(of: text))
  }

  mutating func declare(
    _ id: String, _ spec: FakeSpec = FakeSpec(), uses: [String] = [], mode: ReconcileMode = .enforce
  ) {
    let resource = PlanningWorld.resource(id, spec, uses: uses, mode: mode)
    desired[resource.id] = resource
    if observations[resource.id] == nil {
      observations[resource.id] = .success(Observation(state: nil, health: .ready))
    }
  }

  /// Adds a resource that was applied and exists.
  mutating func hasApplied(
    _ id: String, _ state: FakeState = FakeState(), uses: [String] = [], spec: FakeSpec? = nil
  ) {
    let resource = PlanningWorld.resource(id, spec ?? FakeSpec(fields: state.fields), uses: uses)
    inventory[resource.id] = InventoryEntry(id: resource.id, digest: resource.digest, resource: resource)
    observations[resource.id] = .success(Observation(state: state, health: .ready))
  }

  mutating func settle(_ id: String, _ state: FakeState = FakeState(), uses: [String] = []) {
    hasApplied(id, state, uses: uses)
    declare(id, FakeSpec(fields: state.fields), uses: uses)
  }

  mutating func hide(_ id: String) { observations[ResourceID(id)!] = .failure(PlanningWorld.error) }
  mutating func lose(_ id: String) {
    observations[ResourceID(id)!] = .success(Observation(state: nil, health: .ready))
  }

  var request: PlanRequest {
    let state = DesiredState(environment: "dev", allowsMockGPUs: true, resources: Array(desired.values))
    return PlanRequest(
      revision: 7, desired: state, inventory: inventory, observations: observations,
      reconcile: ReconcileContext(
        environment: "dev", owner: "tests", now: Timestamp(seconds: 0), allowsMockGPUs: true,
        offers: Offers(), holdings: Holdings(holdings), moves: Moves(moves),
        identities: identities),
      scope: scope, allowances: allowances, claims: PlanningWorld.claims)
  }

  /// A resource owns the database and the host port that its fields name.
  static func claims(_ resource: AnyResource) -> [ThingClaim] {
    guard let spec = resource.spec as? FakeSpec else { return [] }
    var claims: [ThingClaim] = []
    if case .string(let name)? = spec.fields["database"] {
      claims.append(
        ThingClaim(database(name), field: "spec.database", role: "database", holdsData: true))
    }
    if case .integer(let port)? = spec.fields["port"] {
      claims.append(ThingClaim(hostPort(Int(port)), field: "spec.port", role: "port"))
    }
    return claims
  }

  static func database(_ name: String) -> Thing { .database(.embedded(database: name)) }
  static func hostPort(_ port: Int) -> Thing {
    .hostPort(HostPort(address: .loopback4, port: port), on: .local)
  }

  mutating func holds(_ id: String, _ thing: Thing, in environment: String = "dev") {
    holdings.append(
      Holding(
        thing: thing, role: "a", environment: environment, resource: ResourceID(id)!, holdsData: true,
        since: Timestamp(seconds: 0)))
  }

  func plan() -> Plan { planner.plan(request) }

  /// Applies a plan as the executor does when every step succeeds.
  mutating func execute(_ plan: Plan) {
    for resource in plan.resources where resource.waitingOn == nil {
      let id = resource.id
      switch resource.outcome {
      case .create, .update, .replace, .run:
        let spec = resource.desired?.spec as? FakeSpec
        observations[id] = .success(
          Observation(state: FakeState(fields: spec?.fields ?? [:]), health: .ready))
        inventory[id] = resource.desired.map { InventoryEntry(id: id, digest: $0.digest, resource: $0) }
      case .delete:
        observations[id] = .success(Observation(state: nil, health: .ready))
        inventory[id] = nil
      case .unchanged, .waiting, .blocked, .unknown, .invalid, .drifted, .paused: break
      }
    }
  }
}

extension Plan {
  subscript(_ id: String) -> ResourcePlan? { resources.first { $0.id.description == id } }
  var ids: [String] { resources.map(\.id.description) }
}
