/// The limits of the API's clients. Each client is limited on its own.
package struct APILimits: Hashable, Sendable {
  /// Concurrent connections; further ones wait in the kernel.
  package var connections = 4096
  /// Concurrent requests, long polls and streams included.
  package var requests = 8192
  /// The maximum idle time of a connection, also before the headers of a request are complete.
  package var idle = Duration.seconds(15)
  /// The timeout of a request's body.
  package var body = Duration.seconds(10)
  /// The timeout of the TLS handshake.
  package var handshake = Duration.seconds(10)
  /// The maximum nesting of arrays and objects in a body.
  package var depth = 64
  /// Requests per token; nil for no limit.
  package var perToken: Rate? = Rate(perSecond: 500)
  /// Requests per address of another machine; nil for no limit.
  package var perAddress: Rate? = Rate(perSecond: 1000)
  /// Requests per address without a valid token.
  package var rejections = Rate(perSecond: 10, burst: 100)
  /// The interval of keep-alive comments in a stream without events.
  package var keepAlive = Duration.seconds(15)

  package init() {}
}
