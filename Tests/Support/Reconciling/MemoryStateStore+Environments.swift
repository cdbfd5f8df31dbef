import Model
package import Reconciling

extension MemoryStateStore {
  /// See `EnvironmentStore`.
  package func renameEnvironment(_ former: String, to name: String) async throws(StoreError) {
    let now = clock()
    let refusal = state.change { state -> StoreError? in
      let old = state.environments[former] ?? EnvironmentState()
      if let refusal = EnvironmentRecords.refusal(
        toRename: former, old.records(at: now), to: name,
        (state.environments[name] ?? EnvironmentState()).records(at: now))
      {
        return refusal
      }
      func renamed(_ id: ResourceID) -> ResourceID {
        id == ResourceID(kind: "Environment", name: former) ? ResourceID(kind: "Environment", name: name) : id
      }
      for (id, entry) in old.inventory {
        let resource = AnyResource(
          id: renamed(id), metadata: entry.resource.metadata, spec: entry.resource.spec,
          references: entry.resource.references, location: nil, digest: entry.resource.digest)
        state.environments[name, default: EnvironmentState()].inventory[renamed(id)] = InventoryEntry(
          id: renamed(id), digest: entry.digest, resource: resource)
      }
      state.environments[name]?.statuses = Dictionary(
        uniqueKeysWithValues: old.statuses.map { (renamed($0.key), $0.value) })
      state.environments[former]?.inventory = [:]
      state.environments[former]?.statuses = [:]
      state.ownership.marks[name] = state.ownership.marks.removeValue(forKey: former)
      state.ownership.holdings = Holdings(
        state.ownership.holdings.all.map { holding in
          guard holding.environment == former else { return holding }
          return Holding(
            thing: holding.thing, role: holding.role, environment: name, resource: renamed(holding.resource),
            holdsData: holding.holdsData, leavingSince: holding.leavingSince, since: holding.since)
        })
      return nil
    }
    if let refusal { throw refusal }
  }
}

extension MemoryStateStore.EnvironmentState {
  fileprivate func records(at now: Timestamp) -> EnvironmentRecords {
    EnvironmentRecords(
      isKnown: !revisions.isEmpty || !inventory.isEmpty, members: [], resources: inventory.keys.sorted())
  }
}
