package import Autoscaling
package import ContainerSupport
package import Manifests
package import Model

/// How many schedulers run: as many as the waiting jobs need, between two bounds (seeds 3.1: 1 to 10).
package struct ReplicaSpec: ManifestObject, Hashable {
  package var min = 1
  package var max = 10
  package var pendingJobsPerReplica = 50
  package var cooldown = TimeSpan(seconds: 300)

  package init() {}

  package static let fields = Fields<Self>("How many schedulers run at the same time") {
    Field("min", \.min, "The minimum number", .range(1...100))
    Field("max", \.max, "The maximum number", .range(1...100))
    Field(
      "pendingJobsPerReplica", \.pendingJobsPerReplica, "Waiting jobs for each scheduler",
      .range(1...1_000_000))
    // Kubernetes accepts no longer window.
    Field(
      "cooldown", \.cooldown, "How long fewer schedulers must suffice before one is removed",
      .range(TimeSpan(seconds: 0)...TimeSpan(seconds: 3600)))
  }

  package func validate(_ report: inout FieldReport) {
    if min > max {
      report.error(
        at: "min", "the minimum \(min) is greater than the maximum \(max)",
        hint: "raise `max` or lower `min`")
    }
  }
}

extension ReplicaSpec {
  /// The rule by which the supervisor decides.
  package var rule: ReplicaRule {
    var rule = ReplicaRule(target: Int64(pendingJobsPerReplica))
    rule.min = min
    rule.max = max
    rule.cooldown = cooldown
    return rule
  }
}

/// How schedulers run.
package enum RuntimeSpec: ManifestChoice, Hashable {
  case process
  case docker(DockerRuntimeSpec)
  case keda(KEDARuntimeSpec)

  package static let cases = Cases<Self>("How schedulers run") {
    Case("process", "As child processes of the server", RuntimeSpec.process)
    Case("docker", "As containers of the controller's own engine", RuntimeSpec.docker) {
      if case .docker(let replicas) = $0 { replicas } else { nil }
    }
    Case(
      "keda", "As pods on Kubernetes, scaled by KEDA; apply the written file to the cluster",
      RuntimeSpec.keda
    ) { if case .keda(let replicas) = $0 { replicas } else { nil } }
  }

  /// Its name in manifests.
  package var name: String {
    switch self {
    case .process: "process"
    case .docker: "docker"
    case .keda: "keda"
    }
  }
}

extension RuntimeSpec {
  /// The runtime as the supervisor uses it.
  package var runtime: ReplicaRuntime {
    switch self {
    case .process: .process
    case .docker(let spec):
      .docker(DockerReplicas(image: spec.image, connection: spec.connection, limits: spec.limits.limits))
    case .keda: .kubernetes
    }
  }
}

package struct DockerRuntimeSpec: ManifestObject, Hashable {
  package var image = PinnedImage.unset
  package var connection = SecretReference.environment("")
  package var limits = LimitSettings()

  package init() {}

  package static let fields = Fields<Self>("Schedulers as containers") {
    Field("image", \.image, "The image with this program, by digest", .required)
    Field(
      "connection", \.connection, "The URL of the database, as containers reach it",
      .required, .example("{env: SCHEDULER_DATABASE_URL}"))
    Field("limits", \.limits, "The limits of each container")
  }
}

package struct KEDARuntimeSpec: ManifestObject, Hashable {
  package var namespace = "rendertrust"
  package var name = "rendertrust-scheduler"
  package var image = PinnedImage.unset
  package var folder = "kubernetes"
  package var secret = KEDASecretSpec()
  package var pollingInterval = TimeSpan(seconds: 30)

  package init() {}

  package static let fields = Fields<Self>("Schedulers as pods that KEDA scales") {
    Field("namespace", \.namespace, "Their namespace", .dnsLabel)
    Field("name", \.name, "The name of the Deployment", .dnsLabel)
    Field("image", \.image, "The image with this program, by digest", .required)
    Field(
      "folder", \.folder,
      "The folder of the YAML file; a relative path begins at the controller's state folder",
      .rule("a path") { path in
        path.isEmpty || path.split(separator: "/").contains("..")
          ? .init("must be a path without `..`", hint: "for example kubernetes") : nil
      })
    Field("secret", \.secret, "The Kubernetes Secret with the URL of the database")
    Field(
      "pollingInterval", \.pollingInterval, "How often KEDA counts waiting jobs, in whole seconds",
      .range(TimeSpan(seconds: 1)...TimeSpan(seconds: 3600)))
  }
}

package struct KEDASecretSpec: ManifestObject, Hashable {
  package var name = "rendertrust-database"
  package var key = "url"

  package init() {}

  package static let fields = Fields<Self>("A Kubernetes Secret") {
    Field("name", \.name, "Its name, in the same namespace", .dnsLabel)
    Field(
      "key", \.key, "The key with the URL",
      .pattern("[A-Za-z0-9._-]+", "a key of ASCII letters, digits, `.`, `_` and `-`", examples: ["url"]))
  }
}
