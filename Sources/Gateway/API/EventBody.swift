internal import Hummingbird
internal import Model
internal import NIOCore

/// A stream of server-sent events as the body of an answer. It ends with the events or with the connection. The next event is
/// asked for when the one before was taken by the connection, so a client that reads slowly costs the memory of one.
struct EventBody: Sendable {
  /// An event and a sign of life.
  private static let mostWaiting = 2

  let events: AsyncStream<APIEvent>
  let keepAlive: Duration
  let load: RequestLoad
  /// Told once, with the bytes that were written.
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
      // Seen at once, so that a client knows that the stream stands.
      let open = ByteBuffer(string: ": open\n\n")
      count += open.readableBytes
      try await writer.write(open)
      let (room, made) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await tell(feed, room) }
        group.addTask { await breathe(feed) }
        // The framework takes the end of a connection badly where a body was read before (it asserts that it is told the
        // body's end): then a client that went is noticed when something is written.
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

  /// - Parameter room: tells that something was written.
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

  /// Nothing follows a request for a stream: what comes is the connection's end.
  private func watch(_ request: Request, _ feed: AsyncStream<ByteBuffer>.Continuation) async {
    _ = try? await request.body.consumeWithInboundCloseHandler { _ in
      for await _ in AsyncStream(Void.self, { _ in }) {}
    } onInboundClosed: {
      feed.finish()
    }
  }
}
