package import Reconciling

extension MemoryStateStore {
  package func pendingRemoval(of environment: String) async throws(StoreError) -> PendingRemoval? {
    try with(.read, environment) { $0.pendingRemoval }
  }

  package func setPendingRemoval(_ removal: PendingRemoval?, in environment: String) async throws(StoreError)
  {
    try with(.record, environment, fence: Fence(ranges: [.first])) { $0.pendingRemoval = removal }
  }
}
