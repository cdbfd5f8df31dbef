/// What callers of the API may take. What one takes too much of is refused to it alone.
package struct APILimits: Hashable, Sendable {
  /// At once; further ones wait in the kernel.
  package var connections = 4096
  /// Requests that are being answered, long polls and streams among them.
  package var requests = 8192
  /// How long a connection may be silent, also before the headers of a request are complete.
  package var idle = Duration.seconds(15)
  /// How long the body of a request may take.
  package var body = Duration.seconds(10)
  /// How long TLS may take to be agreed on.
  package var handshake = Duration.seconds(10)
  /// Levels of arrays and objects in a body.
  package var depth = 64
  /// Requests of one token; nil: any number.
  package var perToken: Rate? = Rate(perSecond: 500)
  /// Requests of one address of another machine; nil: any number.
  package var perAddress: Rate? = Rate(perSecond: 1000)
  /// Requests of one address without a good token.
  package var refusals = Rate(perSecond: 10, burst: 100)
  /// How often a stream that has nothing to tell says that it is alive.
  package var keepAlive = Duration.seconds(15)

  package init() {}
}
