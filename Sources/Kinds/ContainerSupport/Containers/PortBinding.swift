internal import Manifests

/// A published port: `127.0.0.1:9119:3000`, with `/udp` for UDP.
package struct PortBinding: Hashable, Sendable, Codable, CustomStringConvertible {
  package enum Transport: String, Hashable, Sendable, Codable { case tcp, udp }

  package let hostAddress: String
  package let hostPort: Int
  package let containerPort: Int
  package let transport: Transport

  package init(hostAddress: String, hostPort: Int, containerPort: Int, transport: Transport = .tcp) {
    self.hostAddress = hostAddress
    self.hostPort = hostPort
    self.containerPort = containerPort
    self.transport = transport
  }

  package static let loopback = "127.0.0.1"

  /// Parses `[address:]hostPort:containerPort[/udp]`. Without an address the port is reachable from the host
  /// only.
  package init?(_ text: String) {
    let halves = text.split(separator: "/", omittingEmptySubsequences: false)
    guard halves.count <= 2,
      let transport = Transport(rawValue: halves.count == 2 ? String(halves[1]) : "tcp")
    else { return nil }
    let parts = halves[0].split(separator: ":", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), let container = Int(parts[parts.count - 1]),
      let host = Int(parts[parts.count - 2]), (1...65535).contains(container), (1...65535).contains(host)
    else { return nil }
    let address = parts.count == 3 ? String(parts[0]) : PortBinding.loopback
    guard PortBinding.isIPv4(address) else { return nil }
    self.init(hostAddress: address, hostPort: host, containerPort: container, transport: transport)
  }

  package var description: String {
    "\(hostAddress):\(hostPort):\(containerPort)\(transport == .udp ? "/udp" : "")"
  }

  private static func isIPv4(_ text: String) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
  }
}

extension PortBinding: ManifestText {
  package init?(manifestText: String) { self.init(manifestText) }
  package var manifestText: String { description }
  package static var expectation: String { "`[host address:]host port:container port[/udp]`" }
  package static var examples: [String] { ["127.0.0.1:9119:3000", "9119:3000", "127.0.0.1:8089:8089/udp"] }
  package static var pattern: String? {
    "^([0-9]{1,3}(\\.[0-9]{1,3}){3}:)?[0-9]{1,5}:[0-9]{1,5}(/(tcp|udp))?$"
  }
}
