internal import Model

/// What a database, and the folder with what is written for Kubernetes, say of a scheduler.
package struct SchedulerObserved: Hashable, Sendable {
  /// What running schedulers are told; nil: the resource has told them nothing there yet.
  package var settings: RecordedSettings?
  /// Another `Scheduler` of the database.
  package var other: String?
  /// Rows by name, of declared ones also those that were retired.
  package var nodes: [String: Known<SchedulerNode>]
  package var modules: [String: Known<SchedulerModule>]
  /// Names of accounts that nodes and modules need and that are not there.
  package var missingAccounts: Set<String>
  package var replicas: ReplicaSighting
  /// Texts of files for Kubernetes, by their path as the manifest writes it; without those that are not there.
  package var files: [String: String]

  package struct Known<Entry: Hashable & Sendable>: Hashable, Sendable {
    package var entry: Entry
    package var isRetired: Bool
    /// GPUs of which one is in use: a node does not become smaller than that.
    package var fewestGPUs: Int

    package init(_ entry: Entry, isRetired: Bool = false, fewestGPUs: Int = 0) {
      self.entry = entry
      self.isRetired = isRetired
      self.fewestGPUs = fewestGPUs
    }
  }

  package init(
    settings: RecordedSettings? = nil, other: String? = nil, nodes: [String: Known<SchedulerNode>] = [:],
    modules: [String: Known<SchedulerModule>] = [:], missingAccounts: Set<String> = [],
    replicas: ReplicaSighting = ReplicaSighting(), files: [String: String] = [:]
  ) {
    self.settings = settings
    self.other = other
    self.nodes = nodes
    self.modules = modules
    self.missingAccounts = missingAccounts
    self.replicas = replicas
    self.files = files
  }
}

/// Schedulers at work, and what waits for them.
package struct ReplicaSighting: Hashable, Sendable {
  /// Those that gave a sign of life lately.
  package var alive: Int
  /// Counted to a limit that is more than any number of replicas needs.
  package var pendingJobs: Int

  package init(alive: Int = 0, pendingJobs: Int = 0) {
    self.alive = alive
    self.pendingJobs = pendingJobs
  }
}

package enum SchedulerOperation: StepOperation {
  /// Tells running schedulers these settings, as JSON.
  case record(settings: String)
  /// Opens accounts; those that are there keep their kind.
  case openAccounts(owners: [String], developers: [String])
  /// Makes rows or makes them what these say, and brings back retired ones. What is used of a node, what it earned and
  /// whether somebody holds it stays.
  case tellNodes([SchedulerNode])
  case tellModules([SchedulerModule])
  /// No new jobs for these; rows stay.
  case retire(nodes: [String], modules: [String])
  /// Writes a file for Kubernetes; the path as the manifest writes it.
  case write(file: String, text: String)
  /// Removes such a file where it is one of ours.
  case remove(file: String)
  /// Leaves the database alone from now on.
  case leave
}
