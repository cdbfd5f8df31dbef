import Gateway
import GatewaySupport
import Glibc
import Logging
import Model
import Reconciling

/// The gateway alone: the API before jobs in memory, for load generators and for programs that check it.
///
///     bench-gateway ADDRESS [CERTIFICATE KEY]
///
/// Prints the address that it is reached at and a token of each role as shell variables, and serves until its
/// standard input ends. The variable BENCH_KEEP makes it remember jobs, BENCH_LOG writes an access log.
@main
struct GatewayBench {
  static func main() async throws {
    let arguments = CommandLine.arguments.dropFirst()
    guard let address = arguments.first.flatMap({ ListenAddress($0) }) else {
      print("usage: bench-gateway ADDRESS [CERTIFICATE KEY]")
      exit(2)
    }
    var identity: TLSIdentity?
    if arguments.count == 3 {
      identity = try TLSIdentity(certificateFile: arguments[2], keyFile: arguments[3])
    }
    let clock = ContinuousClock()
    let start = clock.now
    let time = TimeSource(
      now: {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Timestamp(microseconds: Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000)
      },
      sleep: { try await Task.sleep(for: $0.duration) },
      uptime: {
        TimeSpan(
          milliseconds: (clock.now - start).components.seconds * 1000
            + (clock.now - start).components.attoseconds / 1_000_000_000_000_000)
      })
    let jobs = FakeJobs(keeps: getenv("BENCH_KEEP") != nil, now: time.now)
    let tokens = FakeTokens()
    for role in APIRole.allCases {
      let subject = role == .creator ? "ada" : role == .node ? jobs.node : nil
      print("\(role.rawValue.uppercased())=\(tokens.make(role.rawValue, role, subject: subject))")
    }
    var limits = APILimits()
    limits.perToken = nil
    limits.perAddress = nil
    let quiet = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
    let server = APIServer(
      address: address, identity: identity,
      routes: JobRoutes(jobs).routes + NodeRoutes(jobs).routes + WorkRoutes(jobs).routes, tokens: tokens,
      limits: limits, time: time,
      accessLog: getenv("BENCH_LOG") != nil
        ? Logger(label: "bench") { StreamLogHandler.standardError(label: $0) } : nil,
      logger: quiet)
    try await server.run(
      listening: { address in
        print("ADDRESS=\(address)")
        fflush(nil)
      }, until: { await GatewayBench.endOfInput() })
  }

  private static func endOfInput() async {
    let (ended, end) = AsyncStream<Never>.makeStream()
    var thread = pthread_t()
    let box = Unmanaged.passRetained(Ending(end)).toOpaque()
    pthread_create(
      &thread, nil,
      { argument in
        var bytes = [UInt8](repeating: 0, count: 256)
        while read(0, &bytes, bytes.count) > 0 {}
        Unmanaged<Ending>.fromOpaque(argument!).takeRetainedValue().end.finish()
        return nil
      }, box)
    pthread_detach(thread)
    for await _ in ended {}
  }

  private final class Ending: Sendable {
    let end: AsyncStream<Never>.Continuation
    init(_ end: AsyncStream<Never>.Continuation) { self.end = end }
  }
}
