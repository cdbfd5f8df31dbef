import ArgumentParser
import FoundationEssentials
import Gateway
import GatewaySupport
import HTTP
import JobModel
import Logging
import Model
import PostgresSupport
import Reconciling
import Subprocess
import Testing

@testable import ControlPlane
@testable import rendertrust

/// Answers with the events of a test.
private struct ScriptedTransport: APITransport {
  var events: [APIEvent] = []

  func send(_ call: APICall) async throws(CommandFailure) -> Value { throw .failed("not scripted") }

  func follow<Output: Sendable>(
    _ call: APICall, _ process: @Sendable (APIEvent) -> Output?
  ) async throws(CommandFailure) -> Output? {
    for event in events { if let output = process(event) { return output } }
    return nil
  }
}

@Suite(.timeLimit(.minutes(2))) struct ConnectionTests {
  @Test("A broken connection is an error that names the next commands")
  func brokenConnection() async throws {
    let observing = APIEvent("observing", .members(["resources": .integer(3)]))
    let change = RemoteChange(
      server: "https://render.example.com",
      transport: ScriptedTransport(events: [observing, APIEvent("later-release", .null)]),
      reporter: SilentReporter()
    )
    do {
      _ = try await change.run("/api/v1/apply", .null, in: "dev")
      Issue.record("the change ended")
    } catch let failure as CommandFailure {
      #expect(failure.exitStatus == .failed)
      #expect(failure.message.contains("The server continues the change"))
      #expect(
        failure.message.contains("rendertrust events --environment dev --server https://render.example.com"))
    }
  }

  @Test(
    "A failure of a server has the exit code of a local failure",
    arguments: [
      (CommandFailure.blocked("blocked"), Int32(4)), (.usage("wrong"), 2), (.failed("no"), 1),
      (.unavailable("later"), 1),
    ])
  func failure(failure: CommandFailure, code: Int32) async throws {
    let event = try #require(ProgressMessage.failed(failure).event)
    let change = RemoteChange(
      server: "s", transport: ScriptedTransport(events: [event]), reporter: SilentReporter())
    do {
      _ = try await change.run("/api/v1/apply", .null, in: nil)
      Issue.record("the change succeeded")
    } catch let remote as CommandFailure {
      #expect(remote.message == failure.message && remote.exitStatus.rawValue == code)
    }
  }

  @Test("A remote job service returns the jobs, nodes and errors of the server")
  func remoteJobService() async throws {
    let now: @Sendable () -> Timestamp = { Timestamp(seconds: 1_790_000_000) }
    let fake = FakeJobs(now: now)
    let tokens = FakeTokens()
    let token = tokens.make("olga", .operator)
    try await serving(JobRoutes(fake).routes + NodeRoutes(fake).routes, tokens, identity: nil) { address in
      let server = try RemoteServer("http://\(address)", token: Secret(token), authorityFile: nil)
      try await server.connected { transport in
        let remote = RemoteJobService(transport: transport)
        let order = JobOrder(
          creator: "ada", module: "echo", input: .members(["a": .decimal("0.5")]), key: "k")
        let job = try await remote.submit(order)
        let again = try await remote.submit(order)
        #expect(again.id == job.id)
        let local = try await fake.job(job.id)
        #expect(try await remote.job(job.id) == local)
        #expect(try await remote.jobs(JobQuery(creator: "ada")).map(\.id) == [job.id])
        let waited = try await remote.job(
          job.id, of: nil, newerThan: job.version, timeout: .milliseconds(20))
        #expect(waited.version == job.version)
        let trace = try await remote.trace(of: job.id, of: nil)
        let expectedTrace = try await fake.trace(of: job.id, of: nil)
        #expect(trace == expectedTrace)
        let nodes = try await remote.nodes()
        let expectedNodes = try await fake.nodes()
        #expect(nodes == expectedNodes)
        let cordoned = try await remote.cordon(node: "north")
        #expect(cordoned.isCordonedByOperator)
        let cancelled = try await remote.cancel(job.id, of: nil, by: "ignored")
        #expect(cancelled.reason == "cancelled by olga")
        for (code, attempt) in Self.refused {
          let error = await Self.error { try await attempt(remote) }
          #expect(error?.code == code, "\(String(describing: error))")
        }
      }
    }
  }

  private static let refused: [(JobError.Code, @Sendable (RemoteJobService) async throws -> Void)] = [
    (.unknownModule, { _ = try await $0.submit(JobOrder(creator: "ada", module: "nope", input: .null)) }),
    (
      .insufficientCredit,
      { _ = try await $0.submit(JobOrder(creator: "poor", module: "echo", input: .null)) }
    ),
    (.unknownNode, { _ = try await $0.cordon(node: "south") }),
    (.unknownJob, { _ = try await $0.job(JobID(account: "x", key: "y")) }),
  ]

  private static func error(_ body: () async throws -> Void) async -> JobError? {
    do {
      try await body()
      return nil
    } catch {
      return error as? JobError
    }
  }

  @Test("A server certificate is verified with the given authority only")
  func certificateAuthority() async throws {
    try await TestFolder.with { folder in try await checkAuthority(in: folder) }
  }

  private func checkAuthority(in folder: String) async throws {
    let (certificate, key) = (folder + "/cert.pem", folder + "/key.pem")
    let made = try await Subprocess.run(
      .name("openssl"),
      arguments: [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out",
        certificate,
      ], input: .none, output: .discarded, error: .discarded)
    try #require(made.terminationStatus.isSuccess)
    let tokens = FakeTokens()
    let token = tokens.make("vera", .viewer)
    let identity = try TLSIdentity(certificateFile: certificate, keyFile: key)
    let fake = FakeJobs(now: { Timestamp(seconds: 0) })
    try await serving(NodeRoutes(fake).routes, tokens, identity: identity) { address in
      let port = address.split(separator: ":").last ?? ""
      for (file, isTrusted) in [(certificate, true), (nil, false)] as [(String?, Bool)] {
        let server = try RemoteServer("https://localhost:\(port)", token: Secret(token), authorityFile: file)
        let error = await Self.error {
          try await server.connected { _ = try await RemoteJobService(transport: $0).nodes() }
        }
        #expect((error == nil) == isTrusted, "\(String(describing: error))")
        #expect(isTrusted || error?.message.contains("TLS handshake") == true)
      }
    }
  }

  private func serving(
    _ routes: [APIRoute], _ tokens: FakeTokens, identity: TLSIdentity?,
    _ work: (_ address: String) async throws -> Void
  ) async throws {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let server = APIServer(
      address: .tcp(host: "127.0.0.1", port: 0), identity: identity, routes: routes, tokens: tokens,
      time: .real, accessLog: nil, logger: logger)
    let (stopped, stop) = AsyncStream<Never>.makeStream()
    let (addresses, address) = AsyncStream<ListenAddress>.makeStream()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { address.finish() }
        try await server.run(listening: { address.yield($0) }, until: { for await _ in stopped {} })
      }
      let bound = try #require(await addresses.first { _ in true })
      let result: Result<Void, any Error>
      do { result = .success(try await work(bound.description)) } catch { result = .failure(error) }
      stop.finish()
      try await group.waitForAll()
      try result.get()
    }
  }
}
