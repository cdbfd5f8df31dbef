package import Model

/// All resources of an environment, and the data that must be found.
package struct DeclaredState: Sendable {
  package var environment: String
  package private(set) var resources: [ResourceID: DeclaredResource] = [:]
  /// Tokens in volumes and repositories that no resource declares any more, and that must still exist.
  package var left: [LeftToken] = []

  package init(environment: String) { self.environment = environment }

  /// Sorted by id.
  package var all: [DeclaredResource] { resources.values.sorted { $0.id < $1.id } }

  package subscript(_ id: ResourceID) -> DeclaredResource? {
    get { resources[id] }
    set { resources[id] = newValue }
  }

  mutating func put(_ resource: DeclaredResource) { resources[resource.id] = resource }

  /// The resources of a kind, sorted by id.
  func of(_ kind: String) -> [DeclaredResource] { all.filter { $0.id.kind == kind } }

  /// The resources that refer to this one, sorted by id.
  func referrers(of id: ResourceID) -> [DeclaredResource] {
    all.filter { $0.spec.references.contains(id) }
  }

  /// Gives a resource another name, which all references follow.
  mutating func rename(_ id: ResourceID, to name: String, keepsFormerName: Bool) {
    guard var resource = resources.removeValue(forKey: id) else { return }
    resource.id = ResourceID(kind: id.kind, name: name)
    resource.formerID = keepsFormerName ? id : nil
    put(resource)
    for key in resources.keys.sorted() { resources[key]?.spec.follow(id, to: resource.id) }
  }

  /// Removes the data of a part from the expectation.
  mutating func forget(_ part: String, of id: ResourceID) { resources[id]?.data[part] = nil }

  /// The data of a part stays in a thing that the resource no longer declares.
  mutating func leave(_ part: String, of id: ResourceID) {
    guard let token = resources[id]?.data.removeValue(forKey: part) else { return }
    left.append(LeftToken(kind: id.kind, token: token))
  }

  /// Removes a resource. Its volumes and repositories stay.
  mutating func remove(_ id: ResourceID) {
    guard let resource = resources[id] else { return }
    if ["Service", "BackupPolicy"].contains(id.kind) {
      for part in resource.data.keys.sorted() { leave(part, of: id) }
    }
    resources[id] = nil
  }

  /// The same resources under another name of the environment.
  package func named(_ name: String) -> DeclaredState {
    var copy = self
    copy.environment = name
    if var record = copy.resources.removeValue(forKey: ResourceID(kind: "Environment", name: environment)) {
      record.id = ResourceID(kind: "Environment", name: name)
      copy.put(record)
    }
    return copy
  }
}

/// Data of a thing without an owner.
package struct LeftToken: Hashable, Sendable {
  /// The kind of the resource that owned the thing.
  package let kind: String
  package let token: String
}
