package import ContainerSupport
package import Manifests
package import Model

/// A type of work and the containers that run it (seeds 4.2, 8.2, 10).
package struct ModuleSpec: ContainerizedSpec {
  package static let kind = "Module"

  package var jobType = ""
  package var image = PinnedImage.unset
  package var command: [String] = []
  package var serves = ModuleInterface.stdio(ModuleStdio())
  package var needs = ModuleNeeds()
  package var developer = ""
  package var price: ModulePrice?
  package var placement = ModulePlacement()
  package var environment: [String: EnvironmentSource] = [:]
  package var limits: LimitSettings?
  package var health: HealthSettings?
  package var security = SecuritySettings()
  package var rollout = RolloutSettings()
  package var decommissionAfter = TimeSpan(seconds: 90 * 86_400)

  package init() {}

  package static let fields = Fields<Self>("A type of work and the containers that run it") {
    Field(
      "jobType", \.jobType, "The type of job that creators order", .required, .dnsLabel,
      .example("storyboard"))
    Field("image", \.image, "The image by digest; the tag is for people", .required)
    Field("command", \.command, "Arguments instead of the image's own", .freeText)
    Field("serves", \.serves, "How its containers receive jobs", .required)
    Field("needs", \.needs, "The requirements that a node must meet")
    Field("developer", \.developer, "The account that receives its revenue share", .required, .account)
    Field("price", \.price, "The price of one unit of work")
    Field("placement", \.placement, "The nodes and the number of containers")
    Field("environment", \.environment, "Variables: text or secret references")
    Field(
      "limits", \.limits,
      "The resources that each container may use; default: cores and memory of `needs`, at least 1 and 512Mi"
    )
    Field("health", \.health, "The health check; default: `serves.http.health` within 60s")
    Field("security", \.security, "Exceptions from the strict sandbox")
    Field("rollout", \.rollout, "How a new image is rolled out")
    Field(
      "decommissionAfter", \.decommissionAfter, "The module counts as unused after this time without a job",
      .min(TimeSpan(seconds: 86_400)))
  }

  package func validate(_ report: inout FieldReport) {
    report.checkVariables(environment, at: "environment")
    report.checkMounts(writable: security.writable)
  }

  /// The nodes that it could be placed on are applied first.
  package var selectors: [ResourceSelector] {
    placement.nodes.isEmpty ? [ResourceSelector(kind: "Node", labels: placement.on)] : []
  }

  package var healthRule: HealthRule {
    if let health { return health.rule }
    guard case .http(let http) = serves else { return .running }
    return .http(port: Int(http.port.number), path: http.health.path, within: TimeSpan(seconds: 60))
  }

  package var containerLimits: ContainerLimits {
    if let limits { return limits.limits }
    var standard = LimitSettings()
    standard.memory = max(standard.memory, needs.memory ?? standard.memory)
    standard.cores = max(standard.cores, needs.cores ?? standard.cores)
    return standard.limits
  }

  package mutating func setLimits(_ limits: ContainerLimits) {
    self.limits = LimitSettings(limits, else: self.limits ?? LimitSettings())
  }

  /// The requirements that a node must meet.
  var computeNeeds: ComputeNeeds {
    ComputeNeeds(
      labels: placement.on, nodes: placement.nodes.map(\.id), gpuMemory: needs.gpuMemory, cores: needs.cores,
      memory: needs.memory, isRootless: needs.rootless)
  }

  package func template(on node: ComputeOffer?) -> ContainerTemplate? { node.map { template(on: $0) } }

  /// The template of its containers on this node. A container sees all GPUs of the node; each attempt
  /// receives the index of its own.
  func template(on node: ComputeOffer) -> ContainerTemplate {
    let usesGPU = needs.gpuMemory != nil && !node.hasMockGPU
    return ContainerTemplate(
      image: image, command: command, environment: environment, security: security.security,
      healthCommand: health?.command, gpuCount: usesGPU ? max(node.gpuCount, 1) : 0,
      keepsInputOpen: serves.isStdio)
  }
}

/// How a module's containers receive jobs.
package enum ModuleInterface: ManifestChoice {
  case http(ModuleHTTP)
  case stdio(ModuleStdio)

  package static let cases = Cases<Self>("How a module's containers receive jobs") {
    Case("http", "As HTTP requests to a port of the container", ModuleInterface.http) {
      if case .http(let http) = $0 { http } else { nil }
    }
    Case(
      "stdio", "From standard input of a command; the container's own input stays open", ModuleInterface.stdio
    ) {
      if case .stdio(let stdio) = $0 { stdio } else { nil }
    }
  }

  var isStdio: Bool { if case .stdio = self { true } else { false } }
}

package struct ModuleStdio: ManifestObject, Hashable {
  package var command = ["/module/run"]

  package init() {}

  package static let fields = Fields<Self>("The command that receives jobs from standard input") {
    Field(
      "command", \.command,
      "Started inside the container for each job; reads the input as JSON and writes the output as JSON",
      .nonEmpty, .freeText)
  }
}

package struct ModuleHTTP: ManifestObject, Hashable {
  package var port: Port = 8080
  package var run: HTTPPath = "/run"
  package var health: HTTPPath = "/health"

  package init() {}

  package static let fields = Fields<Self>("The HTTP endpoints of a container") {
    Field("port", \.port, "Port inside the container", .required)
    Field("run", \.run, "Path that receives jobs as POST requests")
    Field("health", \.health, "Path that answers 2xx or 3xx while the container accepts jobs")
  }
}

/// The requirements that a node must meet.
package struct ModuleNeeds: ManifestObject, Hashable {
  package var gpuMemory: ByteCount?
  package var cores: CoreCount?
  package var memory: ByteCount?
  package var rootless = false

  package init() {}

  package static let fields = Fields<Self>("The requirements that a node must meet") {
    Field("gpuMemory", \.gpuMemory, "Memory of one GPU", .example("12Gi"))
    Field("cores", \.cores, "Processor cores")
    Field("memory", \.memory, "Memory of the machine")
    Field("rootless", \.rootless, "Whether its engine must run without root (`sandbox.rootless` of the Node)")
  }
}

/// The price of a module.
package struct ModulePrice: ManifestObject, Hashable {
  package var credits = Credits(micro: 0)
  package var per = ""

  package init() {}

  package static let fields = Fields<Self>("The price of one unit of work") {
    Field(
      "credits", \.credits, "Credits for one unit; a credit is $0.10", .required, .min(Credits(micro: 0)))
    Field("per", \.per, "The unit", .required, .dnsLabel, .example("frame"))
  }
}

/// The nodes and the number of containers.
package struct ModulePlacement: ManifestObject, Hashable {
  package var on: [String: String] = [:]
  package var nodes: [KindReference] = []
  package var replicas = 1

  package init() {}

  package static let fields = Fields<Self>("The nodes and the number of containers") {
    Field("on", \.on, "Labels that a node must carry")
    Field("nodes", \.nodes, "Only these nodes", .refersTo("Node"), .unique())
    Field("replicas", \.replicas, "The number of containers, spread over the nodes", .range(0...1000))
  }
}

/// How a new image is rolled out: container by container, each healthy before its predecessor is removed. The
/// first container that does not become healthy ends the rollout; it is removed and its predecessor stays.
package struct RolloutSettings: ManifestObject, Hashable {
  package var canary: CanarySettings?
  package var waves: [Percentage] = []
  package var onFailure = RolloutFailure.rollback
  package var drain: TimeSpan?

  package init() {}

  package static let fields = Fields<Self>("How a new image is rolled out; always container by container") {
    Field(
      "canary", \.canary,
      "Jobs that the first new container must complete before others follow; counted by the scheduler")
    Field(
      "waves", \.waves, "Shares of the containers after which the scheduler pauses and evaluates results",
      .unique())
    Field("onFailure", \.onFailure, "The reaction to a failed canary or wave")
    Field(
      "drain", \.drain,
      "How long jobs may take to end before their container is removed; then they start again elsewhere; "
        + "default: 10m", .range(TimeSpan(seconds: 0)...TimeSpan(seconds: 86_400)))
  }

  /// How long jobs may take to end before their container is removed.
  var drainLimit: TimeSpan { drain ?? TimeSpan(seconds: 600) }

  package func validate(_ report: inout FieldReport) {
    guard let last = waves.last else { return }
    if waves != waves.sorted() || last != Percentage(percent: 100) {
      report.error(at: "waves", "waves must rise and end at 100%", hint: "for example `[10%, 50%, 100%]`")
    }
  }
}

package struct CanarySettings: ManifestObject, Hashable {
  package var jobs = 1
  package var within = TimeSpan(seconds: 600)

  package init() {}

  package static let fields = Fields<Self>("Jobs that the first new container must complete") {
    Field("jobs", \.jobs, "The number of jobs that must succeed (seeds 8.2: one)", .range(1...10_000))
    Field("within", \.within, "The time in which they must succeed", .min(TimeSpan(seconds: 1)))
  }
}

package enum RolloutFailure: String, ManifestWord {
  case rollback, pause

  package var meaning: String {
    switch self {
    case .rollback: "containers of the new image are replaced with containers of the old one"
    case .pause: "nothing changes until a person decides"
    }
  }
}
