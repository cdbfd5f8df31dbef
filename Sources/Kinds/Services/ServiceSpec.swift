package import ContainerSupport
package import Manifests
internal import Model

/// A platform service as one container, such as Grafana, Vault or an object store (seeds, Deployment).
package struct ServiceSpec: ManifestSpec {
  package static let kind = "Service"

  package var image = PinnedImage(repository: "", tag: nil, digest: Digest(of: ""))
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
    Field("image", \.image, "What runs, by digest; the tag is for people", .required)
    Field("command", \.command, "Arguments instead of the image's own")
    Field("environment", \.environment, "Variables: text, or where a secret value is found")
    Field(
      "ports", \.ports, "Ports on the host; without an address they are reachable from the host alone",
      .unique())
    Field("volumes", \.volumes, "Volumes that outlive the container, and where they stand inside")
    Field(
      "externalVolumes", \.externalVolumes,
      "Volumes that somebody else made, by the engine's names, and where they stand inside")
    Field("limits", \.limits, "What the container may use at most")
    Field("health", \.health, "How it is told that it works; without, it must only go on running")
    Field("security", \.security, "Exceptions from the strict sandbox")
    Field(
      "node", \.node, "The machine that it runs on; without, the controller's own engine", .refersTo("Node"))
  }

  package func validate(_ report: inout FieldReport) {
    validateContainer(&report)
    for (index, port) in ports.enumerated() {
      let isTaken = ports[..<index].contains {
        $0.hostPort == port.hostPort && $0.transport == port.transport
      }
      if isTaken { report.error(at: "ports[\(index)]", "host port \(port.hostPort) is written twice") }
    }
  }

  private func validateContainer(_ report: inout FieldReport) {
    report.checkVariables(environment, at: "environment")
    report.checkVolumes(volumes, at: "volumes")
    report.checkExternalVolumes(externalVolumes, beside: volumes, at: "externalVolumes")
  }

  var template: ContainerTemplate {
    ContainerTemplate(
      image: image, command: command, environment: environment, security: security.security, ports: ports,
      volumes: volumes, externalVolumes: externalVolumes, healthCommand: health?.command)
  }

  var healthRule: HealthRule { health?.rule ?? .running }
}
