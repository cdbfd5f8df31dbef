package import Reconciling

extension MemoryStateStore {
  package func pendingRemovals(of environment: String) async throws(StoreError) -> [PendingRemoval] {
    try with(.read, environment) { $0.pendingRemovals.sorted { $0.id < $1.id } }
  }

  package func setPendingRemovals(_ removals: [PendingRemoval], in environment: String)
    async throws(StoreError)
  {
    try with(.record, environment, fence: Fence(ranges: [.first])) { $0.pendingRemovals = removals }
  }
}
