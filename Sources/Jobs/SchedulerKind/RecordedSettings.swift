package import Autoscaling
internal import Manifests
package import Model
package import Placement

/// Everything that a `Scheduler` resource records in `schedulers.settings`: how jobs are placed, how many
/// replicas run and as what.
package struct RecordedSettings: Hashable, Sendable {
  package var scheduling = SchedulerSettings()
  package var replicas = ReplicaSpec()
  package var runtime = RuntimeSpec.process

  package init() {}

  package var value: Value {
    scheduling.value.adding("replicas", replicas.manifestValue ?? .null)
      .adding("runtime", runtime.manifestValue ?? .null)
  }

  /// Missing members keep their default.
  package init(_ value: Value) {
    scheduling = SchedulerSettings(value)
    func read<Part: ManifestValue>(_ key: String) -> Part? {
      var decoder = ManifestDecoder()
      return value[key].flatMap { Part.decode(Node($0), &decoder) }
    }
    replicas = read("replicas") ?? replicas
    runtime = read("runtime") ?? runtime
  }
}

extension ReplicaSettings {
  /// Reads the replicas' part of `schedulers.settings`.
  package init(recorded value: Value) {
    let settings = RecordedSettings(value)
    self.init(rule: settings.replicas.rule, runtime: settings.runtime.runtime)
  }
}
