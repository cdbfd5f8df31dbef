import Gateway
import GatewaySupport
import HTTP
import JobModel
import Model
import Synchronization
import Testing

/// Server-sent events over a real socket.
@Suite(.timeLimit(.minutes(1))) struct EventStreamTests {
  private static func request(_ path: String, _ token: String) -> String {
    "GET \(path) HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\n"
      + "Accept: text/event-stream\r\n\r\n"
  }

  @Test("A job stream reports each change until the job is over")
  func aJobStreamReportsEachChangeUntilTheJobIsOver() async throws {
    try await ServedAPI.with { api in
      let ada = api.tokens.make("ada", .creator, subject: "ada")
      let job = try await api.jobs.submit(JobOrder(creator: "ada", module: "echo", input: .null))
      let connection = try RawConnection(port: api.port)
      connection.send(Self.request("/api/v1/jobs/\(job.id)", ada))
      #expect(await connection.says(#""state":"dispatched""#))
      let attempt = AttemptID(job.id, 1)
      _ = try await api.jobs.report(WorkReport(attempt, .accept), from: "north")
      #expect(await connection.says(#""state":"running""#))
      let end = WorkReport.Event.succeed(units: 1, WorkUsage(), output: .string("done"), artefacts: [])
      _ = try await api.jobs.report(WorkReport(attempt, end), from: "north")
      #expect(await connection.says(#""state":"succeeded""#))
      #expect(await connection.closes(), "it is over")
      #expect(connection.text.contains("Content-Type: text/event-stream"))
      #expect(connection.text.components(of: "event: job\n") == 3, "\(connection.text)")
    }
  }

  @Test("Orders arrive as they are dispatched, each once")
  func ordersArriveAsTheyAreDispatchedEachOnce() async throws {
    try await ServedAPI.with { api in
      let north = api.tokens.make("north", .node, subject: "north")
      let connection = try RawConnection(port: api.port)
      connection.send(Self.request("/api/v1/nodes/north/work", north))
      #expect(await connection.says(": open"))
      for number in 0..<3 {
        let order = JobOrder(creator: "ada", module: "echo", input: .integer(Int64(number)))
        let job = try await api.jobs.submit(order)
        #expect(await connection.says("\(job.id).1"))
        _ = try await api.jobs.report(WorkReport(AttemptID(job.id, 1), .accept), from: "north")
      }
      #expect(connection.text.components(of: "event: order\n") == 3, "\(connection.text)")
    }
  }

  @Test("An order that is not accepted is sent once, without polling the service in a loop")
  func anOrderThatIsNotAcceptedIsSentOnceWithout()
    async throws
  {
    try await ServedAPI.with { limits in
      limits.keepAlive = .milliseconds(100)
    } _: { api in
      let north = api.tokens.make("north", .node, subject: "north")
      let connection = try RawConnection(port: api.port)
      connection.send(Self.request("/api/v1/nodes/north/work", north))
      for number in 0..<2 {
        let order = JobOrder(creator: "ada", module: "echo", input: .integer(Int64(number)))
        let job = try await api.jobs.submit(order)
        #expect(await connection.says("\(job.id).1"))
      }
      let isLater = await eventually {
        connection.receive()
        return connection.text.components(of: ": alive") > 10
      }
      #expect(isLater)
      #expect(connection.text.components(of: "event: order\n") == 2, "\(connection.text)")
      #expect(api.jobs.workReads <= 3, "\(api.jobs.workReads) reads")
    }
  }

  /// Events of a megabyte each; counts how many were produced.
  private static func plenty(_ count: Int, of bytes: Int, _ produced: Ends) -> APIRoute {
    let text = Value.string(String(repeating: "x", count: bytes))
    return APIRoute(
      .get, "/plenty", name: "plenty", summary: "", roles: [],
      answer: APIAnswer(200, "", schema: nil, streams: true)
    ) { _ in
      .events(
        AsyncStream {
          produced.count.add(1, ordering: .relaxed).newValue <= count ? APIEvent("one", text) : nil
        })
    }
  }

  @Test("A client that does not read costs the memory of a few events")
  func aClientThatDoesNotReadCostsTheMemoryOfAFew() async throws {
    let produced = Ends()
    try await ServedAPI.with(routes: [Self.plenty(200, of: 1 << 20, produced)]) { api in
      let connection = try RawConnection(port: api.port)
      connection.send(Self.request("/plenty", "none"))
      let hasStarted = await eventually { produced.count.load(ordering: .relaxed) > 2 }
      #expect(hasStarted)
      // Until nothing more is produced.
      var (last, still) = (0, 0)
      let stands = await eventually {
        let now = produced.count.load(ordering: .relaxed)
        still = now == last ? still + 1 : 0
        last = now
        return still > 50
      }
      #expect(stands && last < 32, "\(last) events were produced; the sockets hold that many and a few more")
    }
  }

  @Test("A burst of events reaches a client that reads")
  func aBurstOfEventsReachesAClientThatReads() async throws {
    let (events, feed) = AsyncStream<APIEvent>.makeStream()
    for number in 0..<5000 { feed.yield(APIEvent("one", .integer(Int64(number)))) }
    feed.finish()
    let route = APIRoute(
      .get, "/burst", name: "burst", summary: "", roles: [],
      answer: APIAnswer(200, "", schema: nil, streams: true)
    ) { _ in .events(events) }
    try await ServedAPI.with(routes: [route]) { api in
      let answer = try await api.send(.get, "/burst", headers: ["Accept": "text/event-stream"])
      #expect(answer.text.components(of: "event: one\n") == 5000)
      #expect(answer.text.contains("data: 4999\n"))
    }
  }

  /// A stream of nothing, that says when it was cancelled.
  private static func silence(_ ends: Ends) -> APIRoute {
    APIRoute(
      .get, "/silence", name: "silence", summary: "", roles: [],
      answer: APIAnswer(200, "", schema: nil, streams: true)
    ) { _ in
      .events(
        AsyncStream {
          while !Task.isCancelled { try? await Task.sleep(for: .seconds(60)) }
          ends.count.add(1, ordering: .relaxed)
          return nil
        })
    }
  }

  private final class Ends: Sendable { let count = Atomic<Int>(0) }

  @Test("A quiet stream sends keep-alives, and ends when its client disconnects")
  func aQuietStreamSendsKeepAlivesAndEnds() async throws {
    let ends = Ends()
    try await ServedAPI.with(routes: [Self.silence(ends)]) { limits in
      limits.keepAlive = .milliseconds(20)
    } _: { api in
      var connection: RawConnection? = try RawConnection(port: api.port)
      connection?.send(Self.request("/silence", "none"))
      let isAlive = await eventually {
        connection?.receive()
        return connection?.text.components(of: ": alive") ?? 0 > 1
      }
      #expect(isAlive)
      #expect(ends.count.load(ordering: .relaxed) == 0)
      connection = nil
      let hasEnded = await eventually { ends.count.load(ordering: .relaxed) == 1 }
      #expect(hasEnded)
    }
  }

  @Test("A client that disconnects while it waits ends the wait")
  func aClientThatDisconnectsWhileItWaitsEnds() async throws {
    let ends = Ends()
    let route = APIRoute(
      .get, "/wait", name: "wait", summary: "", roles: [],
      parameters: [APIParameter("wait", .query, "", schema: .object([]))],
      answer: APIAnswer(200, "", schema: nil)
    ) { _ in
      while !Task.isCancelled { try? await Task.sleep(for: .seconds(60)) }
      ends.count.add(1, ordering: .relaxed)
      return .json(200, .null)
    }
    try await ServedAPI.with(routes: [route]) { api in
      var connection: RawConnection? = try RawConnection(port: api.port)
      connection?.send("GET /wait?wait=60s HTTP/1.1\r\nHost: localhost\r\n\r\n")
      // Another is answered on the same server meanwhile; then the first is cancelled.
      #expect(try await api.send(.get, "/openapi.json").status == 200)
      connection = nil
      let hasEnded = await eventually { ends.count.load(ordering: .relaxed) == 1 }
      #expect(hasEnded)
    }
  }

  @Test("A disconnect is detected although there is no event")
  func aDisconnectIsDetectedAlthoughThereIsNoEvent() async throws {
    let ends = Ends()
    try await ServedAPI.with(routes: [Self.silence(ends)]) { api in
      var connection: RawConnection? = try RawConnection(port: api.port)
      connection?.send(Self.request("/silence", "none"))
      #expect(await connection?.says(": open") ?? false)
      connection = nil
      let hasEnded = await eventually { ends.count.load(ordering: .relaxed) == 1 }
      #expect(hasEnded, "long before the next sign of life")
    }
  }
}

extension String {
  func components(of part: String) -> Int { ranges(of: part).count }
}
