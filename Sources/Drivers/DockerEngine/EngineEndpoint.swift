internal import Model

/// The address of an engine, in the format of `DOCKER_HOST`.
package struct EngineEndpoint: Sendable, Hashable, CustomStringConvertible {
  package enum Address: Sendable, Hashable {
    /// An absolute path.
    case unix(String)
    case tcp(host: String, port: Int)
  }

  package let address: Address

  package init(_ address: Address) { self.address = address }

  /// Docker's default address.
  package static let standard = EngineEndpoint(.unix("/var/run/docker.sock"))

  /// Parses `unix:///absolute/path` or `tcp://host:port`; fails with `invalidRequest` and names the expected
  /// format.
  package init(parsing text: String) throws(DockerError) {
    func invalid(_ what: String) -> DockerError {
      DockerError(
        .invalidRequest, "engine address \"\(text)\" \(what)",
        hint: "write unix:///var/run/docker.sock or tcp://127.0.0.1:2375")
    }
    if text.hasPrefix("unix://") {
      let path = String(text.dropFirst(7))
      guard path.hasPrefix("/"), path.utf8.count > 1 else { throw invalid("needs an absolute path") }
      // sun_path holds 108 bytes with its closing zero.
      guard path.utf8.count < 108 else {
        throw invalid("has a path longer than the 107 bytes of a Unix socket")
      }
      address = .unix(path)
    } else if text.hasPrefix("tcp://") {
      let rest = text.dropFirst(6)
      guard let colon = rest.lastIndex(of: ":"), let port = Int(rest[rest.index(after: colon)...]),
        (1...65_535).contains(port)
      else { throw invalid("needs a port from 1 to 65535") }
      let host = rest[..<colon]
      guard !host.isEmpty, !host.contains(where: { "/@? #".contains($0) }) else {
        throw invalid("needs a host")
      }
      address = .tcp(host: String(host), port: port)
    } else {
      throw invalid("has a scheme that is not supported")
    }
  }

  /// `DOCKER_HOST` of these variables, otherwise the standard socket.
  package init(environment: [String: String]) throws(DockerError) {
    if let text = environment["DOCKER_HOST"], !text.isEmpty {
      try self.init(parsing: text)
    } else {
      self = .standard
    }
  }

  package var description: String {
    switch address {
    case .unix(let path): "unix://\(path)"
    case .tcp(let host, let port): "tcp://\(host):\(port)"
    }
  }

  /// The engine's name for messages.
  var name: String { "Docker at \(self)" }
}
