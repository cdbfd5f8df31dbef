/// A recorded claim: the thing belongs to the resource until the resource gives it up.
package struct Holding: Hashable, Sendable {
  package let thing: Thing
  /// See `ThingClaim.role`.
  package let role: String
  package let environment: String
  package let resource: ResourceID
  package let holdsData: Bool
  /// When the controller began to remove the resource; nil while it stays.
  package let leavingSince: Timestamp?
  package let since: Timestamp

  package init(
    thing: Thing, role: String, environment: String, resource: ResourceID, holdsData: Bool,
    leavingSince: Timestamp? = nil, since: Timestamp
  ) {
    self.thing = thing
    self.role = role
    self.environment = environment
    self.resource = resource
    self.holdsData = holdsData
    self.leavingSince = leavingSince
    self.since = since
  }
}

/// The holdings of all environments of a state.
package struct Holdings: Sendable {
  private struct Holder: Hashable {
    let environment: String
    let resource: ResourceID
  }

  /// Sorted by key.
  package let all: [Holding]
  /// The environments that hold anything.
  package private(set) var environments: Set<String> = []
  private var byHolder: [Holder: [Int]] = [:]
  private var index = OverlapIndex<Int>()
  private var unmarked: [String: Set<ResourceID>] = [:]
  private var byEngineName: [String: [Int]] = [:]

  package init(_ holdings: [Holding] = []) {
    all = holdings.map { ($0.thing.key, $0) }.sorted { $0.0 < $1.0 }.map(\.1)
    for (position, holding) in all.enumerated() {
      let holder = Holder(environment: holding.environment, resource: holding.resource)
      byHolder[holder, default: []].append(position)
      index.add(position, for: holding.thing)
      environments.insert(holding.environment)
      switch holding.thing {
      case .volume(let name, _), .node(let name, _): byEngineName[name, default: []].append(position)
      default: break
      }
      if case .unmarked(let resource) = holding.thing {
        unmarked[holding.environment, default: []].insert(resource)
      }
    }
  }

  /// What a resource holds, sorted by key.
  package func of(_ resource: ResourceID, in environment: String) -> [Holding] {
    (byHolder[Holder(environment: environment, resource: resource)] ?? []).map { all[$0] }
  }

  /// The holdings that exclude another owner of the thing.
  package func overlapping(_ thing: Thing) -> [Holding] { index.overlapping(thing).map { all[$0] } }

  /// The holdings of volumes and records of this name, on every engine.
  package func named(_ name: String) -> [Holding] { (byEngineName[name] ?? []).map { all[$0] } }

  /// The name in the outside system of what a resource holds in a role; nil when it holds nothing there.
  package func physicalName(of resource: ResourceID, role: String, in environment: String) -> String? {
    of(resource, in: environment).first { $0.role == role }?.thing.name
  }

  /// The resources of an environment to which everything belongs that is marked with their id and no
  /// environment.
  package func unmarked(in environment: String) -> Set<ResourceID> { unmarked[environment] ?? [] }
}
