internal import Manifests
package import Model

/// A published port: `127.0.0.1:9119:3000` or `[::1]:9119:3000`, with `/udp` for UDP.
package struct PortBinding: Hashable, Sendable, Codable, CustomStringConvertible {
  package let hostAddress: HostAddress
  package let hostPort: Int
  package let containerPort: Int
  package let transport: HostPort.Transport

  package init(
    hostAddress: HostAddress, hostPort: Int, containerPort: Int, transport: HostPort.Transport = .tcp
  ) {
    self.hostAddress = hostAddress
    self.hostPort = hostPort
    self.containerPort = containerPort
    self.transport = transport
  }

  /// The port on the addresses of the engine's machine.
  package var host: HostPort { HostPort(address: hostAddress, port: hostPort, transport: transport) }

  /// Parses `[address:]hostPort:containerPort[/udp]`. Without an address the port is reachable from the host
  /// only.
  package init?(_ text: String) {
    let halves = text.split(separator: "/", omittingEmptySubsequences: false)
    guard halves.count <= 2,
      let transport = HostPort.Transport(rawValue: halves.count == 2 ? String(halves[1]) : "tcp")
    else { return nil }
    // An IPv6 address has colons of its own, inside its brackets.
    let bracket = halves[0].lastIndex(of: "]").map { halves[0].index(after: $0) } ?? halves[0].startIndex
    let parts = halves[0][bracket...].split(separator: ":", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), let container = PortBinding.port(parts[parts.count - 1]),
      let host = PortBinding.port(parts[parts.count - 2])
    else { return nil }
    let text = halves[0][..<bracket] + parts.dropLast(2).joined()
    guard let address = parts.count == 3 ? HostAddress(String(text)) : text.isEmpty ? .loopback4 : nil else {
      return nil
    }
    self.init(hostAddress: address, hostPort: host, containerPort: container, transport: transport)
  }

  package var description: String {
    "\(hostAddress):\(hostPort):\(containerPort)\(transport == .udp ? "/udp" : "")"
  }

  /// 1 to 65535 in decimal digits without a leading zero.
  private static func port(_ text: Substring) -> Int? {
    guard text.utf8.allSatisfy({ (48...57).contains($0) }), text.utf8.first != 48, let port = UInt16(text)
    else {
      return nil
    }
    return Int(port)
  }
}

extension PortBinding: ManifestText {
  package init?(manifestText: String) { self.init(manifestText) }
  package var manifestText: String { description }
  package static var expectation: String { "`[host address:]host port:container port[/udp]`" }
  package static var examples: [String] {
    ["127.0.0.1:9119:3000", "9119:3000", "127.0.0.1:8089:8089/udp", "[::1]:9119:3000"]
  }
  package static var pattern: String? {
    "^(([0-9]{1,3}(\\.[0-9]{1,3}){3}|\\[[0-9A-Fa-f:]+\\]):)?[1-9][0-9]{0,4}:[1-9][0-9]{0,4}(/(tcp|udp))?$"
  }
}
