package import JobModel
internal import Model

/// The relay protocol: a worker registers, sends heartbeats, takes work and reports
/// (`docs/relay-protocol.md`). The token of a node is valid for that node alone.
package struct WorkRoutes: Sendable {
  private static let maxWait = TimeSpan(seconds: 60)
  private static let maxOrders: Int64 = 64
  private let workerAPI: any WorkerAPI

  package init(_ workerAPI: any WorkerAPI) { self.workerAPI = workerAPI }

  package var routes: [APIRoute] {
    [register, heartbeat, work, report("accept", "Accept an attempt.", nil) { _ in .accept }]
      + [
        report(
          "progress", "Report progress and renew the lease. Units and usage are totals of the attempt.",
          WorkMessages.progress
        ) { reader in
          .progress(units: reader.units(), reader.usage(), note: reader.text("note", max: 500))
        },
        report("result", "Report the result of an attempt.", WorkMessages.result) { reader in reader.result()
        },
      ]
  }

  private var register: APIRoute {
    APIRoute(
      .post, "/api/v1/nodes/{node}/register", name: "registerWorker",
      summary: "Register a worker and its capabilities.", roles: [.node],
      parameters: [JobSchemas.nodeParameter], body: WorkMessages.heartbeat,
      answer: APIAnswer(200, "The terms of the worker.", schema: WorkMessages.terms)
    ) { request in
      switch WorkRoutes.heartbeat(request) {
      case .failure(let problem): return .problem(problem)
      case .success(let heartbeat):
        return await answering { () throws(JobError) in
          .json(200, WorkMessages.value(try await workerAPI.register(heartbeat)))
        }
      }
    }
  }

  private var heartbeat: APIRoute {
    APIRoute(
      .post, "/api/v1/nodes/{node}/heartbeat", name: "heartbeat",
      summary: "Send a heartbeat and the worker's capabilities.", roles: [.node],
      parameters: [JobSchemas.nodeParameter], body: WorkMessages.heartbeat,
      answer: APIAnswer(
        200, "The attempts that the worker must stop.",
        schema: Schema.object(["stop": Schema.list(of: Schema.text())], required: ["stop"]))
    ) { request in
      switch WorkRoutes.heartbeat(request) {
      case .failure(let problem): return .problem(problem)
      case .success(let heartbeat):
        return await answering { () throws(JobError) in
          let stops = try await workerAPI.heartbeat(heartbeat)
          return .json(200, .members(["stop": .array(stops.map { .string($0.description) })]))
        }
      }
    }
  }

  private var work: APIRoute {
    APIRoute(
      .get, "/api/v1/nodes/{node}/work", name: "takeWork",
      summary: "List dispatched attempts that are not accepted yet; a stream sends new ones.", roles: [.node],
      parameters: [
        JobSchemas.nodeParameter, JobSchemas.wait(max: WorkRoutes.maxWait),
        APIParameter(
          "most", .query, "The maximum number of orders; 1.",
          schema: Schema.integer(nil, 1...WorkRoutes.maxOrders)),
      ],
      answer: APIAnswer(
        200, "The orders, oldest first. Events: order.",
        schema: Schema.object(["orders": Schema.list(of: WorkMessages.order)], required: ["orders"]),
        streams: true)
    ) { request in
      if let problem = WorkRoutes.refusal(of: request) { return .problem(problem) }
      let node = request.parameters["node"] ?? ""
      let limit = request.parameters["most"].flatMap { Int($0) } ?? 1
      switch JobSchemas.timeout(of: request, max: WorkRoutes.maxWait) {
      case .failure(let problem): return .problem(problem)
      case .success(let timeout):
        return await answering { () throws(JobError) in
          if request.wantsEvents {
            return .events(
              OrderEvents(workerAPI: workerAPI, node: node, limit: Int(WorkRoutes.maxOrders)).stream)
          }
          let orders = try await workerAPI.work(for: node, limit: limit, timeout: timeout)
          return .json(200, .members(["orders": .array(orders.map(WorkMessages.value))]))
        }
      }
    }
  }

  private func report(
    _ verb: String, _ summary: String, _ body: APIBody?,
    _ event: @escaping @Sendable (inout MemberReader) -> WorkReport.Event
  ) -> APIRoute {
    APIRoute(
      .post, "/api/v1/attempts/{attempt}/\(verb)", name: "\(verb)Attempt",
      summary: summary, roles: [.node],
      parameters: [
        APIParameter(
          "attempt", .path, "JOB.NUMBER", schema: Schema.text(length: 18...24), isRequired: true)
      ], body: body,
      answer: APIAnswer(
        200, "Until when the attempt may run without another report.", schema: WorkMessages.reply),
      problems: [409: "The attempt has ended or was replaced; its work is not paid."]
    ) { request in
      guard let node = request.principal.subject else {
        return .problem(APIProblem(403, "forbidden", "only the node's own token may report its attempts"))
      }
      guard let attempt = request.parameters["attempt"].flatMap(AttemptID.init) else {
        return .problem(.unknownJob)
      }
      var reader = MemberReader(request.body ?? .object([]))
      let reported = event(&reader)
      if let problem = reader.finish() { return .problem(problem) }
      return await answering { () throws(JobError) in
        .json(200, WorkMessages.value(try await workerAPI.report(WorkReport(attempt, reported), from: node)))
      }
    }
  }

  // MARK: Reading

  /// Refuses a token that is not the node's own.
  private static func refusal(of request: APIRequest) -> APIProblem? {
    guard request.principal.subject == request.parameters["node"] else {
      return APIProblem(403, "forbidden", "only the node's own token may act for it")
    }
    return nil
  }

  private static func heartbeat(_ request: APIRequest) -> Result<WorkerHeartbeat, APIProblem> {
    if let problem = refusal(of: request) { return .failure(problem) }
    var reader = MemberReader(request.body)
    let heartbeat = WorkerHeartbeat(
      node: request.parameters["node"] ?? "", jobTypes: reader.texts("jobTypes", max: 256, maxBytes: 100),
      images: reader.texts("images", max: 4096, maxBytes: 100) ?? [],
      canPull: reader.flag("canPull") ?? false,
      roundTripMicroseconds: reader.integer("roundTripMicroseconds", 0...60_000_000) ?? 0,
      report: reader.value("report"))
    if let problem = reader.finish() { return .failure(problem) }
    return .success(heartbeat)
  }
}
