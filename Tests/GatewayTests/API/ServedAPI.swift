import Gateway
import GatewaySupport
import Glibc
import HTTP
import Logging
import Model
import Reconciling
import Synchronization
import Testing

/// A real server of the API before jobs in memory, while a test speaks to it.
struct ServedAPI: Sendable {
  let address: ListenAddress
  let jobs: FakeJobs
  let tokens: FakeTokens
  let log: LogLines
  let clock: TestClock
  let client: HTTPClient
  let scheme: String

  var port: Int {
    guard case .tcp(_, let port) = address else { return 0 }
    return port
  }

  static func with(
    identity: TLSIdentity? = nil, routes: [APIRoute] = [], _ change: (inout APILimits) -> Void = { _ in },
    _ body: (ServedAPI) async throws -> Void
  ) async throws {
    let clock = TestClock()
    let jobs = FakeJobs(now: clock.source.now)
    let tokens = FakeTokens()
    let log = LogLines()
    var limits = APILimits()
    change(&limits)
    let server = APIServer(
      address: .tcp(host: "127.0.0.1", port: 0), identity: identity,
      routes: JobRoutes(jobs).routes + NodeRoutes(jobs).routes + WorkRoutes(jobs).routes + routes,
      tokens: tokens, limits: limits, time: clock.source, accessLog: log.logger,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let (addresses, listening) = AsyncStream<ListenAddress>.makeStream()
    let (stops, stop) = AsyncStream<Never>.makeStream()
    async let run: Void = server.run(listening: { listening.yield($0) }, until: { for await _ in stops {} })
    let client = HTTPClient()
    defer { client.shutdown() }
    let result: Result<Void, any Error>
    do {
      let address = try #require(await addresses.first { _ in true })
      result = .success(
        try await body(
          ServedAPI(
            address: address, jobs: jobs, tokens: tokens, log: log, clock: clock, client: client,
            scheme: identity == nil ? "http" : "https")))
    } catch {
      result = .failure(error)
    }
    stop.finish()
    try await run
    try result.get()
  }

  struct Answer: Sendable, CustomStringConvertible {
    let status: Int
    let headers: HTTPHeaders
    let text: String
    var value: Value { (try? Value(json: text)) ?? .null }
    var code: String { value["code"]?.plainText ?? "" }
    var description: String { "\(status) \(text)" }
  }

  /// - Parameter body: sent as `type`; nil: none.
  func send(
    _ method: HTTPMethod, _ path: String, token: String? = nil, body: String? = nil,
    type: String? = "application/json", headers: [String: String] = [:]
  ) async throws -> Answer {
    var request = HTTPRequest(method, "\(scheme)://\(address)\(path)")
    if let token { request.add("Authorization", "Bearer \(token)") }
    if let body {
      request.body = Array(body.utf8)
      if let type { request.add("Content-Type", type) }
    }
    for (name, value) in headers { request.add(name, value) }
    let answer = try await client.send(request)
    return Answer(status: answer.status, headers: answer.headers, text: answer.text)
  }
}

/// The time of a test; it changes only when a test advances it.
final class TestClock: Sendable {
  private let milliseconds = Atomic<Int64>(1_700_000_000_000)

  func advance(_ span: TimeSpan) { milliseconds.add(span.milliseconds, ordering: .relaxed) }

  var source: TimeSource {
    TimeSource(
      now: { [self] in Timestamp(microseconds: milliseconds.load(ordering: .relaxed) * 1000) },
      sleep: { try await Task.sleep(for: $0.duration) },
      uptime: { [self] in TimeSpan(milliseconds: milliseconds.load(ordering: .relaxed)) })
  }
}

/// What was logged.
final class LogLines: Sendable {
  private let lines = Mutex<[[String: String]]>([])

  var all: [[String: String]] { lines.withLock { $0 } }
  var logger: Logger { Logger(label: "access") { _ in Handler(lines: self) } }

  private struct Handler: LogHandler {
    let lines: LogLines
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let line = (event.metadata ?? [:]).mapValues { "\($0)" }
      lines.lines.withLock { $0.append(line) }
    }
  }
}

/// Waits for what another task brings about.
func eventually(within seconds: Int = 10, _ isTrue: () async throws -> Bool) async rethrows -> Bool {
  for _ in 0..<(seconds * 100) {
    if try await isTrue() { return true }
    try? await Task.sleep(for: .milliseconds(10))
  }
  return try await isTrue()
}
