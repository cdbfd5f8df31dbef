/// The scheduler processes of a server at one moment.
package struct ReplicaStatus: Hashable, Sendable {
  /// The number of processes that are to run.
  package let desired: Int
  package let running: Int
  /// The number of processes that exited without a request.
  package let crashCount: Int
  /// How the last of them ended; nil before the first.
  package let lastCrash: String?

  package init(desired: Int = 0, running: Int = 0, crashCount: Int = 0, lastCrash: String? = nil) {
    self.desired = desired
    self.running = running
    self.crashCount = crashCount
    self.lastCrash = lastCrash
  }

  /// Nil unless processes are to run and none does.
  package var problem: String? {
    guard desired > 0, running == 0 else { return nil }
    return lastCrash.map { "no scheduler runs: \($0)" } ?? "no scheduler runs yet"
  }
}
