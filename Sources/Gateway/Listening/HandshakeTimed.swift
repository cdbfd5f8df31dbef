internal import HummingbirdCore
internal import HummingbirdHTTP2
internal import Logging
internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// HTTP/2 and HTTP/1.1 over TLS, with a timeout for the handshake.
struct HandshakeTimed: ServerChildChannel {
  let inner: HTTP2UpgradeChannel
  let limit: Duration

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP2UpgradeChannel.Value> {
    let upgrade = inner.setup(channel: channel, logger: logger)
    do {
      let pipeline = channel.pipeline.syncOperations
      let tls = try pipeline.handler(type: NIOSSLServerHandler.self)
      try pipeline.addHandler(HandshakeClock(limit), position: .after(tls))
      return upgrade
    } catch {
      return channel.eventLoop.makeFailedFuture(error)
    }
  }

  func handle(value: HTTP2UpgradeChannel.Value, logger: Logger) async {
    await inner.handle(value: value, logger: logger)
  }
}

/// Closes a connection whose handshake exceeds the timeout; removes itself after the handshake.
private final class HandshakeClock: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = NIOAny
  private let limit: Duration
  private var deadline: Scheduled<Void>?

  init(_ limit: Duration) { self.limit = limit }

  func handlerAdded(context: ChannelHandlerContext) {
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    deadline = context.eventLoop.scheduleTask(in: TimeAmount(limit)) { bound.value.close(promise: nil) }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    context.fireUserInboundEventTriggered(event)
    guard case TLSUserEvent.handshakeCompleted? = event as? TLSUserEvent else { return }
    context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    deadline?.cancel()
    deadline = nil
  }
}

@available(*, unavailable)
extension HandshakeClock: Sendable {}
