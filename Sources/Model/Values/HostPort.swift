/// A port on addresses of a machine, which one program at a time can listen on.
package struct HostPort: Hashable, Sendable, CustomStringConvertible {
  package enum Transport: String, Hashable, Sendable, Codable { case tcp, udp }

  package let address: HostAddress
  /// 1 to 65535.
  package let port: Int
  package let transport: Transport

  package init(address: HostAddress, port: Int, transport: Transport = .tcp) {
    self.address = address
    self.port = port
    self.transport = transport
  }

  /// Whether the two cannot be published at the same time.
  package func overlaps(_ other: HostPort) -> Bool {
    port == other.port && transport == other.transport && address.overlaps(other.address)
  }

  package var description: String { "\(address):\(port)/\(transport.rawValue)" }
}
