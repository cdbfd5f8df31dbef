internal import Model

/// The address of Stripe's API. Over TLS, whose certificates are always verified; without TLS on this machine
/// only.
package struct StripeEndpoint: Sendable, Hashable, CustomStringConvertible {
  /// Scheme, host and port, without a closing slash.
  package let description: String

  package static let standard = StripeEndpoint(trusted: "https://api.stripe.com")

  private init(trusted text: String) { description = text }

  /// Parses `https://host[:port]`, or `http://` with `localhost`, an address of 127.0.0.0/8 or `[::1]`. Fails
  /// with `invalidRequest`; the message never repeats a user or password.
  package init(parsing text: String) throws(StripeError) {
    func invalid(_ what: String) -> StripeError {
      StripeError(
        .invalidRequest, "Stripe's address \(what)",
        hint: "write https://host[:port], or http:// for a stand-in on this machine's loopback")
    }
    let address = text.hasSuffix("/") ? String(text.dropLast()) : text
    let isPlain = address.hasPrefix("http://")
    guard isPlain || address.hasPrefix("https://") else { throw invalid("does not begin with https://") }
    let authority = address.dropFirst(isPlain ? 7 : 8)
    guard let (host, port) = StripeEndpoint.split(authority) else {
      throw invalid("needs a host and nothing after it but a port")
    }
    if let port {
      guard let number = UInt16(port), number > 0, String(number) == port else {
        throw invalid("needs a port from 1 to 65535")
      }
    }
    guard StripeEndpoint.isHost(host) else { throw invalid("has no host that can be reached") }
    guard !isPlain || StripeEndpoint.isLoopback(host) else {
      throw invalid("would send the key unprotected over the network")
    }
    description = address
  }

  private static func split(_ authority: Substring) -> (host: Substring, port: Substring?)? {
    let end: Substring.Index
    if authority.hasPrefix("[") {
      guard let bracket = authority.firstIndex(of: "]") else { return nil }
      end = authority.index(after: bracket)
    } else {
      end = authority.firstIndex(of: ":") ?? authority.endIndex
    }
    guard end != authority.endIndex else { return (authority, nil) }
    guard authority[end] == ":" else { return nil }
    return (authority[..<end], authority[authority.index(after: end)...])
  }

  private static func isHost(_ host: Substring) -> Bool {
    if host.hasPrefix("[") {
      let inner = host.dropFirst().dropLast()
      return !inner.isEmpty
        && inner.utf8.allSatisfy { isDigit($0) || (97...102).contains($0 | 32) || $0 == 58 }
    }
    return (1...253).contains(host.utf8.count) && !host.hasPrefix("-")
      && host.utf8.allSatisfy { isDigit($0) || (97...122).contains($0 | 32) || $0 == 45 || $0 == 46 }
  }

  /// Accepts only names that lead to this machine whatever a resolver answers.
  private static func isLoopback(_ host: Substring) -> Bool {
    if host == "localhost" || host == "[::1]" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127"
      && parts.allSatisfy { part in UInt8(part).map { String($0) == part } ?? false }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
}
