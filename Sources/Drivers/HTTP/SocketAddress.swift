import Glibc
internal import Model

/// An address to connect a socket to, in the system's layout.
struct SocketAddress {
  let family: Int32
  let bytes: [UInt8]

  /// The address of the request's Unix socket, or all addresses of its host. Resolving a name blocks.
  static func all(of request: HTTPRequest) throws(HTTPError) -> [SocketAddress] {
    if let path = request.unixSocket {
      guard let address = unix(path) else {
        throw HTTPError(.invalidRequest, peer: request.peer, detail: "socket path too long")
      }
      return [address]
    }
    let peer = request.peer
    let colon = peer.lastIndex(of: ":")
    let port = colon.map { String(peer[peer.index(after: $0)...]) } ?? "80"
    let host = colon.map { String(peer[..<$0]) } ?? peer
    return try named(host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host, port, peer: peer)
  }

  private static func unix(_ path: String) -> SocketAddress? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let text = Array(path.utf8)
    let capacity = MemoryLayout.size(ofValue: address.sun_path)
    guard text.count < capacity else { return nil }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: text) }
    return SocketAddress(family: AF_UNIX, bytes: withUnsafeBytes(of: &address) { Array($0) })
  }

  private static func named(
    _ host: String, _ port: String, peer: String
  ) throws(HTTPError) -> [SocketAddress] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, port, &hints, &list)
    defer { if let list { freeaddrinfo(list) } }
    guard code == 0 else {
      throw HTTPError(.unresolvedHost, peer: peer, detail: String(cString: gai_strerror(code)))
    }
    var found: [SocketAddress] = []
    var next = list
    while let entry = next?.pointee {
      if let address = entry.ai_addr {
        let raw = UnsafeRawBufferPointer(start: address, count: Int(entry.ai_addrlen))
        found.append(SocketAddress(family: entry.ai_family, bytes: Array(raw)))
      }
      next = entry.ai_next
    }
    return found
  }
}
