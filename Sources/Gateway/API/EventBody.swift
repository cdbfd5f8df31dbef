internal import Hummingbird
internal import Model
internal import NIOCore

/// A stream of server-sent events as a response body. It ends with the events or with the connection. The
/// next event is requested once the connection has accepted the one before, so a slow client costs the memory
/// of one event.
struct EventBody: Sendable {
  /// An event and a keep-alive comment.
  private static let mostWaiting = 2

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
        bufferingPolicy: .bufferingOldest(EventBody.mostWaiting))
      // Sent immediately, so that the client knows that the stream is open.
      let open = ByteBuffer(string: ": open\n\n")
      count += open.readableBytes
      try await writer.write(open)
      let (room, made) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await tell(feed, room) }
        group.addTask { await breathe(feed) }
        // After a body was read, the framework asserts that its end arrives before the connection's; in that
        // case a disconnect is detected by the next write.
        if request.method == .get { group.addTask { await watch(request, feed) } }
        defer { group.cancelAll() }
        for await part in parts {
          count += part.readableBytes
          try await writer.write(part)
          made.yield()
        }
      }
      try await writer.finish(nil)
    }
  }

  /// - Parameter written: An element for each part that the connection accepted.
  private func tell(_ feed: AsyncStream<ByteBuffer>.Continuation, _ room: AsyncStream<Void>) async {
    defer { feed.finish() }
    var room = room.makeAsyncIterator()
    for await event in events {
      var bytes = ByteBuffer(string: "event: \(event.name)\ndata: ")
      bytes.writeBytes(event.data.jsonBytes())
      bytes.writeString("\n\n")
      waiting: while true {
        switch feed.yield(bytes) {
        case .enqueued: break waiting
        case .dropped: guard await room.next() != nil else { return }
        default: return
        }
      }
    }
  }

  private func breathe(_ feed: AsyncStream<ByteBuffer>.Continuation) async {
    while (try? await Task.sleep(for: keepAlive)) != nil { feed.yield(ByteBuffer(string: ": alive\n\n")) }
  }

  /// A request for a stream has no body, so what arrives is the end of the connection.
  private func watch(_ request: Request, _ feed: AsyncStream<ByteBuffer>.Continuation) async {
    _ = try? await request.body.consumeWithInboundCloseHandler { _ in
      for await _ in AsyncStream(Void.self, { _ in }) {}
    } onInboundClosed: {
      feed.finish()
    }
  }
}
