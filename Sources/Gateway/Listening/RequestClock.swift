internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes

/// Ends a connection, or one stream of HTTP/2, whose client sends or reads too slowly, after an error
/// response where possible.
///
/// A body that exceeds its timeout is an error to its reader, and ends the connection a little later. A
/// client that closes its half while it waits for a response counts as disconnected.
final class RequestClock: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let limits: ListenerLimits
  private var awaitsBody = false
  private var endsAfterAnswer = false
  private var bodyLimit: Scheduled<Void>?
  private var readingLimit: Scheduled<Void>?
  private var linger: Scheduled<Void>?
  private var awaitsAnswer = false
  /// Called once when the client disconnects.
  private var disconnectHandler: (@Sendable () -> Void)?

  init(_ limits: ListenerLimits) { self.limits = limits }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head: (awaitsBody, awaitsAnswer) = (true, true)
    case .body: break
    case .end:
      awaitsBody = false
      bodyLimit?.cancel()
      bodyLimit = nil
    }
    context.fireChannelRead(data)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    // Nothing is scheduled for a request that arrived as a whole.
    if awaitsBody, bodyLimit == nil {
      bodyLimit = after(limits.body, context) { clock, context in clock.timeOut(context) }
    }
    context.fireChannelReadComplete()
  }

  private func timeOut(_ context: ChannelHandlerContext) {
    context.fireErrorCaught(SlowRequest())
    bodyLimit = after(limits.linger, context) { _, context in context.close(promise: nil) }
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch unwrapOutboundIn(data) {
    case .head(let head):
      awaitsAnswer = false
      endsAfterAnswer = head.headerFields[.connection] == "close"
    case .body: break
    case .end:
      if endsAfterAnswer, linger == nil {
        // A client that is still sending would lose the response if the connection closed at once.
        linger = after(awaitsBody ? limits.linger : .zero, context) { _, context in
          context.close(promise: nil)
        }
      }
    }
    context.write(data, promise: promise)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable {
      readingLimit?.cancel()
      readingLimit = nil
    } else if readingLimit == nil {
      readingLimit = after(limits.unread, context) { _, context in context.close(promise: nil) }
    }
    context.fireChannelWritabilityChanged()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .inputClosed? = event as? ChannelEvent, awaitsAnswer, !awaitsBody { context.close(promise: nil) }
    context.fireUserInboundEventTriggered(event)
  }

  func channelInactive(context: ChannelHandlerContext) {
    notifyDisconnect()
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    bodyLimit?.cancel()
    readingLimit?.cancel()
    linger?.cancel()
    notifyDisconnect()
  }

  private func notifyDisconnect() {
    disconnectHandler?()
    disconnectHandler = nil
  }

  /// Sets the handler of the connection's end.
  /// - Parameter handler: Replaces the handler set before; nil for none.
  static func onDisconnect(_ channel: any Channel, _ handler: (@Sendable () -> Void)?) {
    channel.eventLoop.execute {
      guard channel.isActive,
        let clock = try? channel.pipeline.syncOperations.handler(type: RequestClock.self)
      else {
        handler?()
        return
      }
      clock.disconnectHandler = handler
    }
  }

  private func after(
    _ span: Duration, _ context: ChannelHandlerContext,
    _ act: @escaping @Sendable (RequestClock, ChannelHandlerContext) -> Void
  ) -> Scheduled<Void> {
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    return context.eventLoop.scheduleTask(in: TimeAmount(span)) {
      let (clock, context) = bound.value
      act(clock, context)
    }
  }
}

@available(*, unavailable)
extension RequestClock: Sendable {}

/// The body of a request exceeded its timeout.
struct SlowRequest: Error {}
