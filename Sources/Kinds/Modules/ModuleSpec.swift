package import ContainerSupport
package import Manifests
package import Model

/// A type of work and the containers that do it (seeds 4.2, 8.2, 10).
package struct ModuleSpec: ManifestSpec {
  package static let kind = "Module"

  package var jobType = ""
  package var image = PinnedImage(repository: "", tag: nil, digest: Digest(of: ""))
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

  package static let fields = Fields<Self>("A type of work and the containers that do it") {
    Field("jobType", \.jobType, "What creators ask for", .required, .dnsLabel, .example("storyboard"))
    Field("image", \.image, "What runs, by digest; the tag is for people", .required)
    Field("command", \.command, "Arguments instead of the image's own")
    Field("serves", \.serves, "How its containers take work", .required)
    Field("needs", \.needs, "What a node must have")
    Field("developer", \.developer, "Whom its revenue share belongs to", .required, .account)
    Field("price", \.price, "What creators pay")
    Field("placement", \.placement, "Which nodes, and how many containers")
    Field("environment", \.environment, "Variables: text, or where a secret value is found")
    Field(
      "limits", \.limits,
      "What each container may use at most; without, the cores and memory of `needs` but at least 1 and 512Mi"
    )
    Field("health", \.health, "How it is told that it works; without, `serves.http.health` within 60s")
    Field("security", \.security, "Exceptions from the strict sandbox")
    Field("rollout", \.rollout, "How a new image reaches the nodes")
    Field(
      "decommissionAfter", \.decommissionAfter, "Without a job for this long the module counts as unused",
      .atLeast(TimeSpan(seconds: 86_400)))
  }

  package func validate(_ report: inout FieldReport) {
    report.checkVariables(environment, at: "environment")
  }

  /// All nodes that it could be placed on come first.
  package var selectors: [ResourceSelector] {
    placement.nodes.isEmpty ? [ResourceSelector(kind: "Node", labels: placement.on)] : []
  }

  var healthRule: HealthRule {
    if let health { return health.rule }
    guard case .http(let http) = serves else { return .running }
    return .http(port: Int(http.port.number), path: http.health.path, within: TimeSpan(seconds: 60))
  }

  var containerLimits: ContainerLimits {
    if let limits { return limits.limits }
    var standard = LimitSettings()
    standard.memory = max(standard.memory, needs.memory ?? standard.memory)
    standard.cores = max(standard.cores, needs.cores ?? standard.cores)
    return standard.limits
  }

  /// What a node must have to be considered.
  var computeNeeds: ComputeNeeds {
    ComputeNeeds(
      labels: placement.on, nodes: placement.nodes.map(\.id), gpuMemory: needs.gpuMemory, cores: needs.cores,
      memory: needs.memory, isRootless: needs.rootless)
  }

  /// What its containers are made from on this node.
  /// All GPUs of the node are seen: each attempt is told which one is its own.
  func template(on node: ComputeOffer) -> ContainerTemplate {
    let usesGPU = needs.gpuMemory != nil && !node.hasMockGPU
    return ContainerTemplate(
      image: image, command: command, environment: environment, security: security.security,
      healthCommand: health?.command, gpuCount: usesGPU ? max(node.gpuCount, 1) : 0,
      keepsInputOpen: serves.isStdio)
  }
}

extension FieldRule where Value == String {
  /// An account, written `account/name`.
  fileprivate static var account: FieldRule {
    .pattern(
      "account/[a-z0-9]([a-z0-9-]*[a-z0-9])?", "an account such as `account/ada`", examples: ["account/ada"])
  }
}

/// How a module's containers take work.
package enum ModuleInterface: ManifestChoice {
  case http(ModuleHTTP)
  case stdio(ModuleStdio)

  package static let cases = Cases<Self>("How a module's containers take work") {
    Case("http", "As requests to a port inside", ModuleInterface.http) {
      if case .http(let http) = $0 { http } else { nil }
    }
    Case("stdio", "From standard input; the container's own stays open meanwhile", ModuleInterface.stdio) {
      if case .stdio(let stdio) = $0 { stdio } else { nil }
    }
  }

  var isStdio: Bool { if case .stdio = self { true } else { false } }
}

package struct ModuleStdio: ManifestObject, Hashable {
  package var command = ["/module/run"]

  package init() {}

  package static let fields = Fields<Self>("Where a container takes work from standard input") {
    Field(
      "command", \.command,
      "What is started inside for each job: it reads the input as JSON and writes the output as JSON",
      .nonEmpty)
  }
}

package struct ModuleHTTP: ManifestObject, Hashable {
  package var port: Port = 8080
  package var run: HTTPPath = "/run"
  package var health: HTTPPath = "/health"

  package init() {}

  package static let fields = Fields<Self>("Where a container takes work over HTTP") {
    Field("port", \.port, "Port inside the container", .required)
    Field("run", \.run, "Where jobs are posted to")
    Field("health", \.health, "Answers 2xx or 3xx when it can take work")
  }
}

/// What a node must have.
package struct ModuleNeeds: ManifestObject, Hashable {
  package var gpuMemory: ByteCount?
  package var cores: CoreCount?
  package var memory: ByteCount?
  package var rootless = false

  package init() {}

  package static let fields = Fields<Self>("What a node must have to be considered") {
    Field("gpuMemory", \.gpuMemory, "Memory of one GPU", .example("12Gi"))
    Field("cores", \.cores, "Processor cores")
    Field("memory", \.memory, "Memory of the machine")
    Field("rootless", \.rootless, "Whether its engine must run without root (`sandbox.rootless` of the Node)")
  }
}

/// What creators pay.
package struct ModulePrice: ManifestObject, Hashable {
  package var credits = Credits(micro: 0)
  package var per = ""

  package init() {}

  package static let fields = Fields<Self>("What creators pay for a unit of its work") {
    Field(
      "credits", \.credits, "Credits for one unit; a credit is $0.10", .required, .atLeast(Credits(micro: 0)))
    Field("per", \.per, "The unit", .required, .dnsLabel, .example("frame"))
  }
}

/// Which nodes, and how many containers.
package struct ModulePlacement: ManifestObject, Hashable {
  package var on: [String: String] = [:]
  package var nodes: [KindReference] = []
  package var replicas = 1

  package init() {}

  package static let fields = Fields<Self>("Which nodes, and how many containers") {
    Field("on", \.on, "Labels that a node must carry")
    Field("nodes", \.nodes, "Only these nodes", .refersTo("Node"), .unique())
    Field("replicas", \.replicas, "How many containers, spread over the nodes", .range(0...1000))
  }
}

/// How a new image reaches the nodes: container by container, and each one must be healthy before the one that it
/// follows goes. The first that does not become healthy ends the rollout; it goes, and its predecessor stays.
package struct RolloutSettings: ManifestObject, Hashable {
  package var canary: CanarySettings?
  package var waves: [Percentage] = []
  package var onFailure = RolloutFailure.rollback

  package init() {}

  package static let fields = Fields<Self>("How a new image reaches the nodes; always container by container")
  {
    Field(
      "canary", \.canary,
      "Jobs that the first new container must do before others follow; counted by the scheduler")
    Field(
      "waves", \.waves, "Shares of the containers after which the scheduler pauses and looks at results",
      .unique())
    Field("onFailure", \.onFailure, "What becomes of a rollout that fails its canary or a wave")
  }

  package func validate(_ report: inout FieldReport) {
    guard let last = waves.last else { return }
    if waves != waves.sorted() || last != Percentage(percent: 100) {
      report.error(at: "waves", "waves rise and end at 100%", hint: "for example `[10%, 50%, 100%]`")
    }
  }
}

package struct CanarySettings: ManifestObject, Hashable {
  package var jobs = 1
  package var within = TimeSpan(seconds: 600)

  package init() {}

  package static let fields = Fields<Self>("Jobs that the first new container must do") {
    Field("jobs", \.jobs, "How many must succeed (seeds 8.2: one)", .range(1...10_000))
    Field("within", \.within, "How long that may take", .atLeast(TimeSpan(seconds: 1)))
  }
}

package enum RolloutFailure: String, ManifestWord {
  case rollback, pause

  package var meaning: String {
    switch self {
    case .rollback: "containers of the new image are replaced by ones of the old"
    case .pause: "everything stays as it is until a person decides"
    }
  }
}
