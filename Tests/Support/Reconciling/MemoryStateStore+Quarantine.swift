package import Model
package import Reconciling

extension MemoryStateStore {
  package func quarantines(of environment: String) async throws(StoreError) -> [Quarantine] {
    try with(.read, environment) { $0.quarantines.values.sorted { $0.revision > $1.revision } }
  }

  package func quarantine(_ entries: [Quarantine], in environment: String) async throws(StoreError) {
    try with(.record, environment, fence: Fence(ranges: [.first])) { state in
      for entry in entries where state.quarantines[entry.digest] == nil {
        state.quarantines[entry.digest] = entry
        state.note(AuditRecord(entry))
      }
    }
  }

  package func liftQuarantine(of digest: Digest, in environment: String, by actor: String, at time: Timestamp)
    async throws(StoreError) -> Quarantine?
  {
    try with(.record, environment, fence: Fence(ranges: [.first])) { state in
      let entry = state.quarantines.removeValue(forKey: digest)
      if let entry { state.note(AuditRecord(entry, lifted: (actor, time))) }
      return entry
    }
  }

  package func atomicApply(of environment: String) async throws(StoreError) -> AtomicApply? {
    try with(.read, environment) { $0.atomicApply }
  }

  package func setAtomicApply(_ apply: AtomicApply?, in environment: String) async throws(StoreError) {
    try with(.record, environment, fence: Fence(ranges: [.first])) { $0.atomicApply = apply }
  }
}
