package import Model

/// A resource of a generated state: what its manifest says, and the data in what it owns.
package struct DeclaredResource: Hashable, Sendable {
  package var id: ResourceID
  /// The former name that its manifest gives; nil for none.
  package var formerID: ResourceID?
  package var spec: DeclaredSpec
  /// The token that each part of the resource contains, by part: `rows` of a database, `volume.data` of a
  /// service, a Price ID of a price map.
  package var data: [String: String] = [:]

  package init(_ kind: String, _ name: String, _ spec: DeclaredSpec = DeclaredSpec()) {
    id = ResourceID(kind: kind, name: name)
    self.spec = spec
  }

  /// The name of the database of a `Database` in the server.
  package var databaseName: String { spec.database ?? id.name }

  /// Whether a new name keeps what the resource owns without the annotation.
  var isFoundByItsThings: Bool {
    switch id.kind {
    case "Database": spec.database != nil
    case "Ledger", "Scheduler", "BackupPolicy": true
    case "Service": spec.volumes.isEmpty && !spec.ports.isEmpty
    default: false
    }
  }

  /// Whether resources of the kind keep what they own under a new name.
  var isMovable: Bool {
    ["Database", "Ledger", "Scheduler", "BackupPolicy", "PriceMap", "Service"].contains(id.kind)
  }

  /// The parts that contain data.
  var parts: [String] {
    switch id.kind {
    case "Database": ["rows"]
    case "Ledger": ["entries"]
    case "Scheduler": ["jobs"]
    case "BackupPolicy": ["backups"]
    case "PriceMap": spec.prices.keys.sorted()
    case "Service": spec.volumes.keys.sorted().map { "volume.\($0)" }
    default: []
    }
  }
}

/// The fields that generated manifests use, of all kinds.
package struct DeclaredSpec: Hashable, Sendable {
  /// `Database`: the declared name in the server; nil for the name of the resource.
  package var database: String?
  package var roles: [String] = []
  /// The `Database` that a ledger, a scheduler, a price map or a policy is in.
  package var of: ResourceID?
  /// Credits by Price ID.
  package var prices: [String: Int] = [:]
  /// `BackupPolicy`: the folder of the repository.
  package var folder: String?
  /// A number without effect on ownership: a rate, a weight, a variable.
  package var number = 1
  /// `Node`: the position of its engine.
  package var engine = 0
  /// `Service` and `Module`: the node that runs it; nil for the controller's engine or for any node.
  package var node: ResourceID?
  /// `Service`: mount paths by volume.
  package var volumes: [String: String] = [:]
  package var ports: [Int] = []
  /// `Fake`: the resources that it refers to.
  package var needs: [ResourceID] = []

  package init() {}

  var references: [ResourceID] { [of, node].compactMap(\.self) + needs }

  mutating func follow(_ former: ResourceID, to id: ResourceID) {
    if of == former { of = id }
    if node == former { node = id }
    needs = needs.map { $0 == former ? id : $0 }
  }
}
