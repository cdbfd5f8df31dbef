package import Model

/// Why a request got no response. A status such as 404 or 500 is a response, not an error.
package enum HTTPErrorCode: String, ProblemCode, CaseIterable {
  /// The request cannot be sent: bad URL, line breaks in a header, unreadable certificate file.
  case invalidRequest
  case unresolvedHost
  case connectionRefused
  /// The Unix socket's file does not exist.
  case socketMissing
  /// This user may not open the Unix socket's file.
  case permissionDenied
  case timedOut
  /// The peer's certificate or the handshake failed.
  case tls
  /// The body is longer than the request allows.
  case tooLarge
  case tooManyRedirects
  /// The connection broke, or the peer's response is not HTTP.
  case connectionLost
  /// The Swift task was cancelled.
  case cancelled
  /// The client was shut down.
  case closed
  case failed

  package static let domain = "http"

  package static let temporary: Set<Self> = [
    .unresolvedHost, .connectionRefused, .socketMissing, .timedOut, .connectionLost, .cancelled, .closed,
    .failed,
  ]

  package var effect: StepEffect { self == .timedOut || self == .cancelled ? .uncertain : .settled }

  fileprivate func message(_ peer: String) -> String {
    switch self {
    case .invalidRequest: "the request to \(peer) cannot be sent as it is written"
    case .unresolvedHost: "the name in \(peer) is not known: check the address and the DNS"
    case .connectionRefused: "\(peer) refused the connection: nothing listens there"
    case .socketMissing: "\(peer) does not exist: start the service or correct the path"
    case .permissionDenied: "\(peer) may not be opened by this user: check the socket's owner and mode"
    case .timedOut: "\(peer) did not answer in time"
    case .tls: "the TLS handshake with \(peer) failed: check the certificates and the host name"
    case .tooLarge: "\(peer) sent more than the request allows"
    case .tooManyRedirects: "\(peer) redirects in circles"
    case .connectionLost: "the connection to \(peer) broke"
    case .cancelled: "the request to \(peer) was cancelled"
    case .closed: "the HTTP client was shut down before \(peer) answered"
    case .failed: "the request to \(peer) failed"
    }
  }
}

/// Why a request got no response. The message names the peer and holds no URL, header or body.
package typealias HTTPError = Problem<HTTPErrorCode>

extension HTTPError {
  /// - Parameters:
  ///   - peer: `unix:///run/x.sock` or `host:port`.
  ///   - detail: What libcurl reports.
  package init(_ code: Code, peer: String, detail: String = "") {
    self.init(code, code.message(peer), detail: detail.isEmpty ? nil : detail)
  }
}
