import ControlPlane
import Glibc
import HTTP
import Model

/// A server with the credentials to call it.
struct RemoteServer: Sendable {
  /// URL without a trailing slash.
  let base: String
  /// Path of a Unix socket; nil: the host of the URL.
  let unixSocket: String?
  let token: Secret?
  let tls: TLSOptions

  /// For messages.
  var name: String { unixSocket.map { "unix://\($0)" } ?? base }

  /// - Parameters:
  ///   - authorityFile: PEM file with certificate authorities; nil: those of the system.
  /// - Throws: a usage failure for an invalid URL, and for a token over plain HTTP to another host.
  init(_ url: String, token: Secret?, authorityFile: String?) throws(CommandFailure) {
    tls = TLSOptions(authorityFile: authorityFile)
    self.token = token
    if let token, !RemoteServer.isPlain(token) {
      throw .usage("the token contains invalid characters: check RENDERTRUST_TOKEN or --token-file")
    }
    if url.hasPrefix("unix:///") {
      unixSocket = String(url.dropFirst("unix://".count))
      base = "http://localhost"
      return
    }
    unixSocket = nil
    let isSecure = url.hasPrefix("https://")
    guard isSecure || url.hasPrefix("http://") else {
      throw .usage("--server must be https://host, http:// on this host or unix:///path, not ‘\(url)’")
    }
    let rest = url.dropFirst(isSecure ? 8 : 7)
    let authority = rest.prefix { $0 != "/" }
    guard !authority.isEmpty, !authority.contains("@"), !rest.contains("?"), !rest.contains("#"),
      rest.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else {
      throw .usage("--server must be a URL such as https://render.example.com, without a user, ? or #")
    }
    guard isSecure || token == nil || RemoteServer.isLoopback(authority) else {
      throw .usage(
        "a token is not sent to \(authority) over plain http: use https://, or omit the token")
    }
    var base = Substring(url)
    while base.hasSuffix("/") { base = base.dropLast() }
    self.base = String(base)
  }

  /// Printable ASCII without spaces: the token cannot inject a header.
  private static func isPlain(_ token: Secret) -> Bool {
    let bytes = token.reveal().utf8
    return (1...4096).contains(bytes.count) && bytes.allSatisfy { (0x21...0x7E).contains($0) }
  }

  /// Whether the authority is a loopback address. Of host names, only `localhost` is trusted.
  private static func isLoopback(_ authority: Substring) -> Bool {
    let host =
      authority.hasPrefix("[")
      ? authority.dropFirst().prefix { $0 != "]" } : authority.prefix { $0 != ":" }
    if host == "localhost" || host == "::1" { return true }
    var address = in_addr()
    return inet_pton(AF_INET, String(host), &address) == 1 && UInt32(bigEndian: address.s_addr) >> 24 == 127
  }

  /// Runs `body` with a client of the server and closes the connections.
  func open<Output>(_ body: (any QueryClient) async throws -> Output) async throws -> Output {
    try await connected { try await body(RemoteQueryClient(transport: $0)) }
  }

  func connected<Output>(_ body: (any APITransport) async throws -> Output) async throws -> Output {
    let client = HTTPClient()
    defer { client.shutdown() }
    return try await body(HTTPTransport(server: self, client: client))
  }
}
