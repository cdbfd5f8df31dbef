package import Model
package import Placement

/// What a database, and the folder of the files for Kubernetes, contain of a scheduler.
package struct SchedulerObserved: Hashable, Sendable {
  /// Nil: the resource has recorded no settings yet.
  package var settings: RecordedSettings?
  /// The name of another `Scheduler` that uses the database.
  package var other: String?
  /// By name; retired ones only where they are declared.
  package var nodes: [String: Recorded<FleetNode>]
  package var modules: [String: Recorded<FleetModule>]
  /// Names of accounts that nodes and modules need and that do not exist.
  package var missingAccounts: Set<String>
  package var replicas: ReplicaStatus
  /// The texts of existing files for Kubernetes, by their path as the manifest writes it.
  package var files: [String: String]

  /// A row of a node or module: what it declares, without what jobs and operators change of it.
  package struct Recorded<Entry: Hashable & Sendable>: Hashable, Sendable {
    package var entry: Entry
    package var isRetired: Bool
    /// The number of GPUs that the node must keep because attempts use them.
    package var gpusInUse: Int

    package init(_ entry: Entry, isRetired: Bool = false, gpusInUse: Int = 0) {
      self.entry = entry
      self.isRetired = isRetired
      self.gpusInUse = gpusInUse
    }
  }

  package init(
    settings: RecordedSettings? = nil, other: String? = nil, nodes: [String: Recorded<FleetNode>] = [:],
    modules: [String: Recorded<FleetModule>] = [:], missingAccounts: Set<String> = [],
    replicas: ReplicaStatus = ReplicaStatus(), files: [String: String] = [:]
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

/// The running schedulers and the jobs that wait.
package struct ReplicaStatus: Hashable, Sendable {
  /// How many sent a heartbeat lately.
  package var running: Int
  /// Counted up to a limit beyond what the maximum number of replicas is for.
  package var pendingJobs: Int

  package init(running: Int = 0, pendingJobs: Int = 0) {
    self.running = running
    self.pendingJobs = pendingJobs
  }
}

extension ReplicaStatus {
  /// How many schedulers the waiting jobs need, whatever runs now.
  package func needed(under replicas: ReplicaSpec) -> Int {
    let needed = (pendingJobs + replicas.pendingJobsPerReplica - 1) / replicas.pendingJobsPerReplica
    return Swift.min(Swift.max(needed, replicas.min), replicas.max)
  }

  /// A scheduler that does not run yet is no fault: it reads the settings once it starts.
  package func health(under spec: SchedulerSpec) -> Health {
    let needed = needed(under: spec.replicas)
    guard running > 0 else {
      let next =
        switch spec.runtime {
        case .process, .docker: "‘rendertrust server’ or ‘rendertrust up’ starts them"
        case .keda(let keda): "apply \(keda.folder)/\(keda.name).yaml to the cluster"
        }
      return .noted(reason: "NoReplica", message: "as declared, but no scheduler is running: \(next)")
    }
    let subject = running == 1 ? "1 scheduler is running" : "\(running) schedulers are running"
    return .noted(
      reason: "Working",
      message: subject + (needed > running ? ", the waiting jobs need \(needed)" : ""))
  }
}

package enum SchedulerOperation: StepOperation {
  /// Records settings for running schedulers, as JSON.
  case record(settings: String)
  /// Gives the scheduler the name of the resource, which had this name before. The settings stay.
  case rename(from: String)
  /// Opens accounts; existing ones keep their kind.
  case openAccounts(owners: [String], developers: [String])
  /// Writes nodes as they are declared, and restores retired ones. What attempts use of a node, what it
  /// earned and whether an operator cordoned it stays.
  case recordNodes([FleetNode])
  case recordModules([FleetModule])
  /// Gives them no new jobs; the rows stay.
  case retire(nodes: [String], modules: [String])
  /// Writes a file for Kubernetes; the path is as the manifest writes it.
  case write(file: String, text: String)
  /// Removes such a file if this program wrote it.
  case remove(file: String)
  /// Removes the settings; nodes, modules and jobs stay.
  case leave
}
