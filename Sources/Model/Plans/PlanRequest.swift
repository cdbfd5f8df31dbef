/// The desired state of one environment: what the manifests say, checked and complete.
package struct DesiredState: Sendable {
  package let environment: String
  package let allowsMockGPUs: Bool
  /// Sorted by id; every reference leads to a resource of this list and there is no cycle.
  package let resources: [AnyResource]
  /// Digest over ids, spec digests and modes: equal digests mean equal desired states.
  package let digest: Digest

  package init(environment: String, allowsMockGPUs: Bool, resources: [AnyResource]) {
    self.environment = environment
    self.allowsMockGPUs = allowsMockGPUs
    self.resources = resources.sorted { $0.id < $1.id }
    var bytes: [UInt8] = Array("\(environment) \(allowsMockGPUs)\n".utf8)
    bytes.reserveCapacity(resources.count * 100)
    for index in self.resources.indices {
      let resource = self.resources[index]
      for part in [
        resource.id.kind, "/", resource.id.name, " ", resource.digest.hex, " ",
        resource.metadata.mode.rawValue, "\n",
      ] {
        bytes.append(contentsOf: part.utf8)
      }
    }
    digest = Digest(of: bytes)
  }
}

/// What the controller applied for a resource and still answers for.
package struct InventoryEntry: Sendable {
  package let id: ResourceID
  /// Digest of spec and labels as last applied completely; nil when applying never finished.
  package let digest: Digest?
  /// The resource as last handed to the backend.
  package let resource: AnyResource

  package init(id: ResourceID, digest: Digest?, resource: AnyResource) {
    self.id = id
    self.digest = digest
    self.resource = resource
  }
}

/// Everything a plan follows from.
package struct PlanRequest: Sendable {
  package let revision: Int64
  package let desired: DesiredState
  package let inventory: [ResourceID: InventoryEntry]
  package let observations: [ResourceID: Result<Observation, BackendError>]
  package let surroundings: ReconcileContext
  /// The resources to plan; nil for all that are desired or in the inventory.
  package let scope: Set<ResourceID>?
  package let allowances: Allowances

  package init(
    revision: Int64, desired: DesiredState, inventory: [ResourceID: InventoryEntry],
    observations: [ResourceID: Result<Observation, BackendError>], surroundings: ReconcileContext,
    scope: Set<ResourceID>?, allowances: Allowances
  ) {
    self.revision = revision
    self.desired = desired
    self.inventory = inventory
    self.observations = observations
    self.surroundings = surroundings
    self.scope = scope
    self.allowances = allowances
  }
}

extension DesiredState {
  /// The resource of this name; nil when it is not desired. Found by binary search.
  package subscript(_ id: ResourceID) -> AnyResource? {
    var low = 0
    var high = resources.count
    while low < high {
      let middle = (low + high) / 2
      if resources[middle].id < id { low = middle + 1 } else { high = middle }
    }
    return low < resources.count && resources[low].id == id ? resources[low] : nil
  }
}

extension DesiredState {
  /// The resource that describes this environment, where there is one.
  package var environmentID: ResourceID { ResourceID(kind: "Environment", name: environment) }
}
