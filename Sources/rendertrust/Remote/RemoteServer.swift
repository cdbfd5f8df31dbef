import ControlPlane
import Glibc
import HTTP
import Model

/// A server that commands are sent to, and how to prove to it who sends them.
struct RemoteServer: Sendable {
  /// Without a slash at the end.
  let base: String
  /// Path of a Unix socket; nil: the URL's host.
  let unixSocket: String?
  let token: Secret?
  let tls: TLSOptions

  /// For people.
  var name: String { unixSocket.map { "unix://\($0)" } ?? base }

  /// - Parameters:
  ///   - authorityFile: in PEM form; nil: the system's authorities.
  /// - Throws: a usage failure for an address that a token must not be sent to.
  init(_ url: String, token: Secret?, authorityFile: String?) throws(CommandFailure) {
    tls = TLSOptions(authorityFile: authorityFile)
    self.token = token
    if let token, !RemoteServer.isPlain(token) {
      throw .usage("the token holds what no token holds: see RENDERTRUST_TOKEN or --token-file")
    }
    if url.hasPrefix("unix:///") {
      unixSocket = String(url.dropFirst("unix://".count))
      base = "http://localhost"
      return
    }
    unixSocket = nil
    let isSecure = url.hasPrefix("https://")
    guard isSecure || url.hasPrefix("http://") else {
      throw .usage("--server is https://host, http:// on this machine or unix:///path, not ‘\(url)’")
    }
    let rest = url.dropFirst(isSecure ? 8 : 7)
    let authority = rest.prefix { $0 != "/" }
    guard !authority.isEmpty, !authority.contains("@"), !rest.contains("?"), !rest.contains("#"),
      rest.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else {
      throw .usage("--server is an address such as https://render.example.com, without a user, ? or #")
    }
    guard isSecure || token == nil || RemoteServer.isLoopback(authority) else {
      throw .usage(
        "a token is not sent to \(authority) over plain http, where others can read it: use https://, or leave the token "
          + "out")
    }
    var base = Substring(url)
    while base.hasSuffix("/") { base = base.dropLast() }
    self.base = String(base)
  }

  /// Printable ASCII without spaces, so that it is one header and nothing else.
  private static func isPlain(_ token: Secret) -> Bool {
    let bytes = token.reveal().utf8
    return (1...4096).contains(bytes.count) && bytes.allSatisfy { (0x21...0x7E).contains($0) }
  }

  /// Whether an authority can only be this machine. Names but `localhost` may be anybody's.
  private static func isLoopback(_ authority: Substring) -> Bool {
    let host =
      authority.hasPrefix("[")
      ? authority.dropFirst().prefix { $0 != "]" } : authority.prefix { $0 != ":" }
    if host == "localhost" || host == "::1" { return true }
    var address = in_addr()
    return inet_pton(AF_INET, String(host), &address) == 1 && UInt32(bigEndian: address.s_addr) >> 24 == 127
  }

  /// Opens connections for as long as `body` runs.
  func open<Output>(_ body: (any QueryClient) async throws -> Output) async throws -> Output {
    try await connected { try await body(RemoteQueryClient(transport: $0)) }
  }

  func connected<Output>(_ body: (any APITransport) async throws -> Output) async throws -> Output {
    let client = HTTPClient()
    defer { client.shutdown() }
    return try await body(HTTPTransport(server: self, client: client))
  }
}
