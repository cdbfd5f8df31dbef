package import JobModel
internal import Model
internal import Synchronization

/// Jobs, for creators and operators. A creator's token sees and touches only its own account's jobs; others'
/// do not exist for it.
package struct JobRoutes: Sendable {
  private static let longestWait = TimeSpan(seconds: 60)
  private static let readers: Set<APIRole> = [.viewer, .operator, .creator]
  private static let changers: Set<APIRole> = [.operator, .creator]
  private let desk: any JobService

  package init(_ desk: any JobService) { self.desk = desk }

  package var routes: [APIRoute] { [submit, list, get, cancel, why] }

  private var submit: APIRoute {
    APIRoute(
      .post, "/api/v1/jobs", name: "submitJob",
      summary: "Order a job: its credits are held, and it is dispatched or waits.", roles: JobRoutes.changers,
      parameters: [
        APIParameter(
          "Idempotency-Key", .header, "The same as the member key.", schema: Schema.text(length: 1...200))
      ],
      body: APIBody(schema: JobSchemas.order, maxBytes: JobOrder.maxInputBytes + 16_384),
      answer: APIAnswer(201, "The job. The same key gets the same job.", schema: JobSchemas.job),
      problems: [
        402: "The account does not have the credits.", 409: "The key stands for another order already.",
        422: "No such module, or no such account.",
      ]
    ) { request in
      switch JobRoutes.order(request) {
      case .failure(let refusal): .problem(refusal.problem)
      case .success(let order):
        await answering { () throws(JobError) in .json(201, try await desk.submit(order).value) }
      }
    }
  }

  private var list: APIRoute {
    APIRoute(
      .get, "/api/v1/jobs", name: "listJobs",
      summary: "Jobs, newest first, without inputs, outputs, artefacts and attempts.",
      roles: JobRoutes.readers,
      parameters: [
        APIParameter(
          "creator", .query, "Only this account's; a creator's token sees no other's.",
          schema: Schema.text(length: 1...200)),
        APIParameter(
          "state", .query, "Only jobs in this state.", schema: Schema.word(JobState.allCases.map(\.rawValue))),
        APIParameter("module", .query, "Only of this module.", schema: Schema.text(length: 1...200)),
        APIParameter(
          "before", .query, "Only jobs before this one: the last of a list, for the next.",
          schema: Schema.text(length: 16...16)),
        APIParameter("limit", .query, "How many at most; 50.", schema: Schema.integer(nil, 1...200)),
      ],
      answer: APIAnswer(
        200, "The jobs.",
        schema: Schema.object(["jobs": Schema.list(of: JobSchemas.job)], required: ["jobs"]))
    ) { request in
      let parameters = request.parameters
      var query = JobQuery(
        creator: parameters["creator"], state: parameters["state"].flatMap(JobState.init(rawValue:)),
        module: parameters["module"], limit: parameters["limit"].flatMap { Int($0) } ?? 50)
      if let before = parameters["before"] {
        guard let id = JobID(before) else { return .problem(.invalid("before", "is no job's id")) }
        query.before = id
      }
      if request.principal.role == .creator {
        guard let own = request.principal.subject, query.creator ?? own == own else {
          return .json(200, .members(["jobs": .array([])]))
        }
        query.creator = own
      }
      let asked = query
      return await answering { () throws(JobError) in
        .json(200, .members(["jobs": .array(try await desk.jobs(asked).map(\.value))]))
      }
    }
  }

  private var get: APIRoute {
    APIRoute(
      .get, "/api/v1/jobs/{job}", name: "getJob",
      summary: "A job with its attempts; as a stream, each time that it changed, until it is over.",
      roles: JobRoutes.readers,
      parameters: [
        JobSchemas.jobParameter, JobSchemas.wait(most: JobRoutes.longestWait),
        APIParameter(
          "newerThan", .query,
          "Waits until its version is greater than this; without it, for the next change of a job that is not over.",
          schema: Schema.integer(nil, 0...Int64.max)),
      ],
      answer: APIAnswer(
        200, "The job, as it is at the end of the wait. Events: job.", schema: JobSchemas.job, streams: true)
    ) { request in
      guard let id = request.parameters["job"].flatMap(JobID.init) else { return .problem(.unknownJob) }
      let creator = request.principal.owner
      switch JobSchemas.patience(request, most: JobRoutes.longestWait) {
      case .failure(let refusal): return .problem(refusal.problem)
      case .success(let patience):
        let version = request.parameters["newerThan"].flatMap { Int64($0) }
        return await answering { () throws(JobError) in
          if request.wantsEvents {
            return .events(
              JobEvents(desk: desk, first: try await desk.job(id, of: creator), of: creator).stream)
          }
          if let version, patience > .zero {
            return .json(
              200, try await desk.job(id, of: creator, newerThan: version, timeout: patience).value)
          }
          var job = try await desk.job(id, of: creator)
          if patience > .zero, !job.state.isOver {
            job = try await desk.job(id, of: creator, newerThan: job.version, timeout: patience)
          }
          return .json(200, job.value)
        }
      }
    }
  }

  private var cancel: APIRoute {
    APIRoute(
      .post, "/api/v1/jobs/{job}/cancel", name: "cancelJob",
      summary: "Give a job up. What it used until then is paid.", roles: JobRoutes.changers,
      parameters: [JobSchemas.jobParameter], answer: APIAnswer(200, "The job.", schema: JobSchemas.job),
      problems: [409: "The job is over already."]
    ) { request in
      guard let id = request.parameters["job"].flatMap(JobID.init) else { return .problem(.unknownJob) }
      return await answering { () throws(JobError) in
        let job = try await desk.cancel(id, of: request.principal.owner, by: request.principal.name)
        return .json(200, job.value)
      }
    }
  }

  private var why: APIRoute {
    APIRoute(
      .get, "/api/v1/jobs/{job}/why", name: "explainJob",
      summary: "Each decision that was made about a job, oldest first.", roles: JobRoutes.readers,
      parameters: [JobSchemas.jobParameter],
      answer: APIAnswer(200, "The job and its decisions.", schema: SchedulingTraceSchema.trace)
    ) { request in
      guard let id = request.parameters["job"].flatMap(JobID.init) else { return .problem(.unknownJob) }
      return await answering { () throws(JobError) in
        .json(200, try await desk.trace(of: id, of: request.principal.owner).value)
      }
    }
  }
}

extension APIPrincipal {
  /// The only account whose jobs it sees; nil: it sees everybody's.
  var owner: String? { role == .creator ? subject ?? "" : nil }
}
