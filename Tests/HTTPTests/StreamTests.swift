import Glibc
import HTTP
import Model
import Testing

/// Streams whose readers lag behind, and whose process starts others.
@Suite(.timeLimit(.minutes(1)))
struct StreamTests {
  let client = HTTPClient()

  struct Burst: Sendable, CustomTestStringConvertible {
    let chunks: Int
    let size: Int
    let reason: String
    var testDescription: String { reason }
  }

  static let bursts = [
    Burst(chunks: 6000, size: 700, reason: "about what an engine says of one event"),
    Burst(chunks: 400, size: 16 << 10, reason: "as long as what libcurl hands over at once"),
    Burst(chunks: 400, size: (16 << 10) + 1, reason: "one byte longer, so that a rest stays behind"),
    Burst(chunks: 40_000, size: 40, reason: "many chunks in each read"),
    Burst(chunks: 40, size: 300_000, reason: "each longer than what is kept for a reader"),
  ]

  @Test("A reader that falls behind loses nothing", arguments: bursts)
  func aReaderThatFallsBehindLosesNothing(_ burst: Burst) async throws {
    let server = try LoopbackServer()
    defer { server.stop() }
    let stream = try await client.stream(endless(burst, server))
    try await standsStill { server.bytesSent }
    var iterator = stream.makeAsyncIterator()
    var left = burst.chunks * burst.size
    while left > 0, let piece = try await iterator.next() { left -= piece.count }
    #expect(left == 0)
    try await tickArrives(&iterator, server)
  }

  /// The reader stops at every piece until the sender has met the pause or the end.
  @Test("Repeated pauses lose nothing", arguments: bursts)
  func repeatedPausesLoseNothing(_ burst: Burst) async throws {
    let server = try LoopbackServer()
    defer { server.stop() }
    let stream = try await client.stream(endless(burst, server))
    var iterator = stream.makeAsyncIterator()
    var left = burst.chunks * burst.size
    while left > 0 {
      try await standsStill { server.bytesSent }
      guard let piece = try await iterator.next() else { break }
      left -= piece.count
    }
    #expect(left == 0)
    try await tickArrives(&iterator, server)
  }

  /// As when one task reads what another one causes: requests and resumptions meet on the loop's thread.
  @Test("Other requests of the client do not disturb a stream")
  func otherRequestsOfTheClientDoNotDisturbAStream() async throws {
    let server = try LoopbackServer()
    defer { server.stop() }
    let burst = StreamTests.bursts[0]
    let hello = HTTPRequest(.get, "http://127.0.0.1:\(server.port)/hello")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          for _ in 0..<300 {
            let text = try await client.send(hello).text
            #expect(text == "hello")
          }
        }
      }
      let stream = try await client.stream(endless(burst, server))
      var iterator = stream.makeAsyncIterator()
      var left = burst.chunks * burst.size
      while left > 0, let piece = try await iterator.next() { left -= piece.count }
      #expect(left == 0)
      try await tickArrives(&iterator, server)
      try await group.waitForAll()
    }
  }

  @Test("A child process does not keep a connection open")
  func aChildProcessDoesNotKeepAConnectionOpen() async throws {
    let server = try LoopbackServer()
    defer { server.stop() }
    var stream: HTTPBodyStream? = try await client.stream(
      HTTPRequest(.get, "http://127.0.0.1:\(server.port)/ticks"))
    try await eventually { server.listeners == 1 }
    #expect(stream?.status == 200)
    let child = try startSleeper()
    defer {
      kill(child, SIGKILL)
      waitpid(child, nil, 0)
    }
    stream = nil
    try await eventually { server.listeners == 0 }
  }

  private func endless(_ burst: Burst, _ server: LoopbackServer) -> HTTPRequest {
    var request = HTTPRequest(
      .get, "http://127.0.0.1:\(server.port)/burst/\(burst.chunks)/\(burst.size)")
    request.totalTimeout = nil
    return request
  }

  private func tickArrives(_ iterator: inout HTTPBodyStream.Iterator, _ server: LoopbackServer) async throws {
    try await eventually { server.listeners == 1 }
    server.tick()
    #expect(try await iterator.next() == Array("tick\n".utf8))
  }

  /// A program that inherits every descriptor of this process that is not closed on exec.
  private func startSleeper() throws -> pid_t {
    let command = ["sleep", "60"]
    let arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var child = pid_t()
    let failure = posix_spawnp(&child, "sleep", nil, nil, arguments, environ)
    guard failure == 0 else { throw SystemFailure("posix_spawnp", failure) }
    return child
  }
}
