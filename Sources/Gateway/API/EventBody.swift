internal import Hummingbird
internal import Model
internal import NIOCore

/// A stream of server-sent events as a response body. It ends with the events or with the connection. The
/// next event is requested once the connection has accepted the one before, so a slow client costs the memory
/// of one event.
struct EventBody: Sendable {
  /// An event and a keep-alive comment.
  private static let maxBufferedParts = 2

  let events: AsyncStream<APIEvent>
  let keepAlive: Duration
  let load: RequestLoad
  /// Called once, with the number of bytes sent.
  let ended: @Sendable (Int) -> Void

  func body(of request: Request) -> ResponseBody {
    ResponseBody { writer in
      var count = 0
      load.begin()
      defer {
        load.end()
        ended(count)
      }
      let (parts, feed) = AsyncStream<ByteBuffer>.makeStream(
        bufferingPolicy: .bufferingOldest(EventBody.maxBufferedParts))
      // Sent immediately, so that the client knows that the stream is open.
      let open = ByteBuffer(string: ": open\n\n")
      count += open.readableBytes
      try await writer.write(open)
      let (writes, written) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await sendEvents(feed, writes) }
        group.addTask { await sendKeepAlives(feed) }
        // After a body was read, the framework asserts that its end arrives before the connection's; in that
        // case a disconnect is detected by the next write.
        if request.method == .get { group.addTask { await watchForDisconnect(request, feed) } }
        defer { group.cancelAll() }
        for await part in parts {
          count += part.readableBytes
          try await writer.write(part)
          written.yield()
        }
      }
      try await writer.finish(nil)
    }
  }

  /// - Parameter written: An element for each part that the connection accepted.
  private func sendEvents(_ feed: AsyncStream<ByteBuffer>.Continuation, _ writes: AsyncStream<Void>) async {
    defer { feed.finish() }
    var writes = writes.makeAsyncIterator()
    for await event in events {
      var bytes = ByteBuffer(string: "event: \(event.name)\ndata: ")
      bytes.writeBytes(event.data.jsonBytes())
      bytes.writeString("\n\n")
      waiting: while true {
        switch feed.yield(bytes) {
        case .enqueued: break waiting
        case .dropped: guard await writes.next() != nil else { return }
        default: return
        }
      }
    }
  }

  private func sendKeepAlives(_ feed: AsyncStream<ByteBuffer>.Continuation) async {
    while (try? await Task.sleep(for: keepAlive)) != nil { feed.yield(ByteBuffer(string: ": alive\n\n")) }
  }

  /// A request for a stream has no body, so what arrives is the end of the connection.
  private func watchForDisconnect(_ request: Request, _ feed: AsyncStream<ByteBuffer>.Continuation) async {
    _ = try? await request.body.consumeWithInboundCloseHandler { _ in
      for await _ in AsyncStream(Void.self, { _ in }) {}
    } onInboundClosed: {
      feed.finish()
    }
  }
}
