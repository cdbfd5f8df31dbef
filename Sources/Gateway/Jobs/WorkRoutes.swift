package import JobModel
internal import Model

/// The relay protocol: how a worker begins, takes work and tells how it goes (`docs/relay-protocol.md`). A
/// node's token is good for that node alone.
package struct WorkRoutes: Sendable {
  private static let longestWait = TimeSpan(seconds: 60)
  private static let mostOrders: Int64 = 64
  private let desk: any WorkerAPI

  package init(_ desk: any WorkerAPI) { self.desk = desk }

  package var routes: [APIRoute] {
    [register, heartbeat, work, report("accept", WorkMessages.nothing) { _ in .accept }]
      + [
        report("progress", WorkMessages.progress) { reader in
          .progress(units: reader.units(), reader.usage(), note: reader.text("note", most: 500))
        },
        report("result", WorkMessages.result) { reader in reader.result() },
      ]
  }

  private var register: APIRoute {
    APIRoute(
      .post, "/api/v1/nodes/{node}/register", name: "registerWorker",
      summary: "A worker begins: what it can do counts from now.", roles: [.node],
      parameters: [JobSchemas.nodeParameter], body: WorkMessages.heartbeat,
      answer: APIAnswer(200, "What the worker keeps to.", schema: WorkMessages.terms)
    ) { request in
      switch WorkRoutes.heartbeat(request) {
      case .failure(let refusal): return .problem(refusal.problem)
      case .success(let heartbeat):
        return await answering { () throws(JobError) in
          .json(200, WorkMessages.value(try await desk.register(heartbeat)))
        }
      }
    }
  }

  private var heartbeat: APIRoute {
    APIRoute(
      .post, "/api/v1/nodes/{node}/heartbeat", name: "heartbeat",
      summary: "The node lives; renews what it can do.", roles: [.node],
      parameters: [JobSchemas.nodeParameter], body: WorkMessages.heartbeat,
      answer: APIAnswer(
        200, "Attempts that the worker is to stop.",
        schema: Schema.object(["stop": Schema.list(of: Schema.text())], required: ["stop"]))
    ) { request in
      switch WorkRoutes.heartbeat(request) {
      case .failure(let refusal): return .problem(refusal.problem)
      case .success(let heartbeat):
        return await answering { () throws(JobError) in
          let stops = try await desk.heartbeat(heartbeat)
          return .json(200, .members(["stop": .array(stops.map { .string($0.description) })]))
        }
      }
    }
  }

  private var work: APIRoute {
    APIRoute(
      .get, "/api/v1/nodes/{node}/work", name: "takeWork",
      summary: "Attempts for the node that nobody accepted yet; as a stream, as they come.", roles: [.node],
      parameters: [
        JobSchemas.nodeParameter, JobSchemas.wait(most: WorkRoutes.longestWait),
        APIParameter(
          "most", .query, "How many at most; 1.", schema: Schema.integer(nil, 1...WorkRoutes.mostOrders)),
      ],
      answer: APIAnswer(
        200, "The orders, oldest first. Events: order.",
        schema: Schema.object(["orders": Schema.list(of: WorkMessages.order)], required: ["orders"]),
        streams: true)
    ) { request in
      if let problem = WorkRoutes.stranger(request) { return .problem(problem) }
      let node = request.parameters["node"] ?? ""
      let most = request.parameters["most"].flatMap { Int($0) } ?? 1
      switch JobSchemas.patience(request, most: WorkRoutes.longestWait) {
      case .failure(let refusal): return .problem(refusal.problem)
      case .success(let patience):
        return await answering { () throws(JobError) in
          if request.wantsEvents {
            return .events(OrderEvents(desk: desk, node: node, most: Int(WorkRoutes.mostOrders)).stream)
          }
          let orders = try await desk.work(for: node, limit: most, timeout: patience)
          return .json(200, .members(["orders": .array(orders.map(WorkMessages.value))]))
        }
      }
    }
  }

  private func report(
    _ verb: String, _ body: APIBody?, _ event: @escaping @Sendable (inout MemberReader) -> WorkReport.Event
  ) -> APIRoute {
    APIRoute(
      .post, "/api/v1/attempts/{attempt}/\(verb)", name: "\(verb)Attempt",
      summary: WorkMessages.summaries[verb] ?? "", roles: [.node],
      parameters: [
        APIParameter(
          "attempt", .path, "JOB.NUMBER", schema: Schema.text(length: 18...24), isRequired: true)
      ], body: body,
      answer: APIAnswer(200, "How long the attempt may be silent now.", schema: WorkMessages.reply),
      problems: [409: "The attempt is not the job's own any longer, or has ended; nobody is paid for it."]
    ) { request in
      guard let node = request.principal.subject else {
        return .problem(APIProblem(403, "forbidden", "only a node's own token tells of its attempts"))
      }
      guard let attempt = request.parameters["attempt"].flatMap(AttemptID.init) else {
        return .problem(.unknownJob)
      }
      var reader = MemberReader(request.body ?? .object([]))
      let told = event(&reader)
      if let problem = reader.finish() { return .problem(problem) }
      return await answering { () throws(JobError) in
        .json(200, WorkMessages.value(try await desk.report(WorkReport(attempt, told), from: node)))
      }
    }
  }

  // MARK: Reading

  private struct Refusal: Error {
    let problem: APIProblem
  }

  /// A token of another node, or of none.
  private static func stranger(_ request: APIRequest) -> APIProblem? {
    guard request.principal.subject == request.parameters["node"] else {
      return APIProblem(403, "forbidden", "only the node's own token speaks for it")
    }
    return nil
  }

  private static func heartbeat(_ request: APIRequest) -> Result<WorkerHeartbeat, Refusal> {
    if let problem = stranger(request) { return .failure(Refusal(problem: problem)) }
    var reader = MemberReader(request.body)
    let heartbeat = WorkerHeartbeat(
      node: request.parameters["node"] ?? "", jobTypes: reader.texts("jobTypes", most: 256, each: 100),
      images: reader.texts("images", most: 4096, each: 100) ?? [],
      canPull: reader.flag("canPull") ?? false,
      roundTripMicroseconds: reader.integer("roundTripMicroseconds", 0...60_000_000) ?? 0,
      report: reader.value("report"))
    if let problem = reader.finish() { return .failure(Refusal(problem: problem)) }
    return .success(heartbeat)
  }
}
