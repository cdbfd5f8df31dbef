package import Model

package enum ContainerStatus: String, Sendable, Hashable, Codable {
  case created, running, paused, restarting, removing, exited, dead
}

package enum ContainerHealth: String, Sendable, Hashable, Codable {
  /// No health check is declared.
  case none
  case starting, healthy, unhealthy
}

/// A container as the list request shows it: cheap for thousands of containers.
package struct ContainerSummary: Sendable, Hashable {
  package let id: String
  /// Without the engine's leading slash.
  package let name: String
  /// As written when the container was created.
  package let image: String
  package let imageID: String
  package let status: ContainerStatus
  package let health: ContainerHealth
  /// Nil unless exited.
  package let exitCode: Int?
  package let labels: [String: String]
  package let ports: [PublishedPort]
  /// Address in its first network by name; nil while it does not run.
  package let ipAddress: String?
  package let created: Timestamp
  /// The engine's text: `Up 3 minutes (healthy)`.
  package let statusText: String
}

extension ContainerSummary: Decodable {
  private enum CodingKeys: String, CodingKey {
    case id = "Id"
    case names = "Names"
    case image = "Image"
    case imageID = "ImageID"
    case state = "State"
    case status = "Status"
    case labels = "Labels"
    case ports = "Ports"
    case created = "Created"
    case networkSettings = "NetworkSettings"
  }

  private struct Port: Decodable {
    let hostIP: String?
    let containerPort: Int
    let hostPort: Int?
    let transport: String

    enum CodingKeys: String, CodingKey {
      case hostIP = "IP"
      case containerPort = "PrivatePort"
      case hostPort = "PublicPort"
      case transport = "Type"
    }
  }

  // swift-format-ignore: AlwaysUseLowerCamelCase
  private struct NetworkSettings: Decodable {
    struct Network: Decodable { let IPAddress: String }
    let Networks: [String: Network]?
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    id = try values.decode(String.self, forKey: .id)
    let names = try values.decodeIfPresent([String].self, forKey: .names) ?? []
    // A link adds names such as /other/alias: the own name is the one without a second slash.
    let own = names.first { !$0.dropFirst().contains("/") } ?? names.first ?? ""
    name = own.hasPrefix("/") ? String(own.dropFirst()) : own
    image = try values.decode(String.self, forKey: .image)
    imageID = try values.decode(String.self, forKey: .imageID)
    status = try values.decode(ContainerStatus.self, forKey: .state)
    statusText = try values.decode(String.self, forKey: .status)
    health = ContainerSummary.health(in: statusText)
    exitCode = status == .exited ? ContainerSummary.exitCode(in: statusText) : nil
    labels = try values.decodeIfPresent([String: String].self, forKey: .labels) ?? [:]
    let ports = try values.decodeIfPresent([Port].self, forKey: .ports) ?? []
    self.ports = ports.compactMap { port in
      guard let hostPort = port.hostPort, let transport = PublishedPort.Transport(rawValue: port.transport)
      else {
        return nil
      }
      return PublishedPort(
        hostIP: port.hostIP ?? "", hostPort: hostPort, containerPort: port.containerPort, transport: transport
      )
    }.sorted { ($0.containerPort, $0.hostPort, $0.hostIP) < ($1.containerPort, $1.hostPort, $1.hostIP) }
    let networks = try values.decodeIfPresent(NetworkSettings.self, forKey: .networkSettings)?.Networks ?? [:]
    let addresses = networks.sorted { $0.key < $1.key }.map(\.value.IPAddress)
    ipAddress = addresses.first { !$0.isEmpty }
    created = Timestamp(seconds: try values.decode(Int64.self, forKey: .created))
  }

  /// The list request reports the health only inside its status text.
  private static func health(in text: String) -> ContainerHealth {
    if text.hasSuffix("(healthy)") { return .healthy }
    if text.hasSuffix("(unhealthy)") { return .unhealthy }
    return text.hasSuffix("(health: starting)") ? .starting : .none
  }

  /// `Exited (137) 2 minutes ago`.
  private static func exitCode(in text: String) -> Int? {
    guard let open = text.firstIndex(of: "("), let close = text.firstIndex(of: ")"), open < close else {
      return nil
    }
    return Int(text[text.index(after: open)..<close])
  }
}
