package import ContainerSupport
package import Manifests
package import Model

/// A platform service as one container, such as Grafana, Vault or an object store (seeds, Deployment).
package struct ServiceSpec: ContainerizedSpec {
  package static let kind = "Service"

  package var image = PinnedImage.unset
  package var command: [String] = []
  package var environment: [String: EnvironmentSource] = [:]
  package var ports: [PortBinding] = []
  package var volumes: [String: String] = [:]
  package var externalVolumes: [String: String] = [:]
  package var limits = LimitSettings()
  package var health: HealthSettings?
  package var security = SecuritySettings()
  package var node: KindReference?

  package init() {}

  package static let fields = Fields<Self>("A platform service, run as one container") {
    Field("image", \.image, "The image by digest; the tag is for people", .required)
    Field("command", \.command, "Arguments instead of the image's own", .freeText)
    Field("environment", \.environment, "Variables: text or secret references")
    Field(
      "ports", \.ports, "Published ports; without an address they are reachable from the host only",
      .unique())
    Field("volumes", \.volumes, "Volumes that outlive the container, with their mount paths")
    Field(
      "externalVolumes", \.externalVolumes,
      "Volumes created outside the platform: the engine's names and their mount paths")
    Field("limits", \.limits, "The resources that the container may use")
    Field("health", \.health, "The health check; default: the container must only keep running")
    Field("security", \.security, "Exceptions from the strict sandbox")
    Field(
      "node", \.node, "The node that runs it; default: the controller's own engine", .refersTo("Node"))
  }

  package func validate(_ report: inout FieldReport) {
    report.checkVariables(environment, at: "environment")
    report.checkVolumes(volumes, at: "volumes")
    report.checkExternalVolumes(externalVolumes, at: "externalVolumes")
    report.checkMounts(volumes: volumes, externalVolumes: externalVolumes, writable: security.writable)
    for (index, port) in ports.enumerated() {
      if let other = ports[..<index].first(where: { $0.host.overlaps(port.host) }), other != port {
        report.error(
          at: "ports[\(index)]", "host port \(port.host) overlaps \(other.host), which is declared above",
          hint: "publish one of them on another port or address")
      }
    }
  }

  var template: ContainerTemplate {
    ContainerTemplate(
      image: image, command: command, environment: environment, security: security.security, ports: ports,
      volumes: volumes, externalVolumes: externalVolumes, healthCommand: health?.command)
  }

  package func template(on node: ComputeOffer?) -> ContainerTemplate? { template }
  package var ownVolumes: [String: String] { volumes }
  package var containerLimits: ContainerLimits { limits.limits }
  package var healthRule: HealthRule { health?.rule ?? .running }

  package mutating func setLimits(_ limits: ContainerLimits) {
    self.limits = LimitSettings(limits, else: self.limits)
  }
}
