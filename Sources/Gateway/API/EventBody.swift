internal import Hummingbird
internal import Model
internal import NIOCore

/// A stream of server-sent events as the body of an answer. It ends with the events, with the connection, or when the
/// client reads so slowly that too many events wait.
struct EventBody: Sendable {
  private static let mostWaiting = 1024

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
      feed.yield(ByteBuffer(string: ": open\n\n"))
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await tell(feed) }
        group.addTask { await breathe(feed) }
        // The framework takes the end of a connection badly where a body was read before (it asserts that it is told the
        // body's end): then a client that went is noticed when something is written.
        if request.method == .get { group.addTask { await watch(request, feed) } }
        defer { group.cancelAll() }
        for await part in parts {
          count += part.readableBytes
          try await writer.write(part)
        }
      }
      try await writer.finish(nil)
    }
  }

  private func tell(_ feed: AsyncStream<ByteBuffer>.Continuation) async {
    defer { feed.finish() }
    for await event in events {
      var bytes = ByteBuffer(string: "event: \(event.name)\ndata: ")
      bytes.writeBytes(event.data.jsonBytes())
      bytes.writeString("\n\n")
      guard case .enqueued = feed.yield(bytes) else { return }
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
