package import JobModel
internal import Model
internal import Synchronization

/// Jobs, for creators and operators. A creator's token reads and changes only the jobs of its own account;
/// the jobs of other accounts do not exist for it.
package struct JobRoutes: Sendable {
  private static let maxWait = TimeSpan(seconds: 60)
  private static let readers: Set<APIRole> = [.viewer, .operator, .creator]
  private static let writers: Set<APIRole> = [.operator, .creator]
  private let service: any JobService

  package init(_ service: any JobService) { self.service = service }

  package var routes: [APIRoute] { [submit, list, get, cancel, why] }

  private var submit: APIRoute {
    APIRoute(
      .post, "/api/v1/jobs", name: "submitJob",
      summary: "Submit a job. Its credits are held, and it is dispatched or waits.", roles: JobRoutes.writers,
      parameters: [
        APIParameter(
          "Idempotency-Key", .header, "The same as the member `key`.", schema: Schema.text(length: 1...200))
      ],
      body: APIBody(schema: JobSchemas.order, maxBytes: JobOrder.maxInputBytes + 16_384),
      answer: APIAnswer(201, "The job. A repeated key returns the same job.", schema: JobSchemas.job),
      problems: [
        402: "The account does not have enough credits.", 409: "Another order already used the key.",
        422: "The module or the account does not exist.",
      ]
    ) { request in
      switch JobRoutes.order(request) {
      case .failure(let problem): .problem(problem)
      case .success(let order):
        await answering { () throws(JobError) in .json(201, try await service.submit(order).value) }
      }
    }
  }

  private var list: APIRoute {
    APIRoute(
      .get, "/api/v1/jobs", name: "listJobs",
      summary: "List jobs, newest first, without inputs, outputs, artefacts and attempts.",
      roles: JobRoutes.readers,
      parameters: [
        APIParameter(
          "creator", .query, "Only jobs of this account. A creator's token lists only its own.",
          schema: Schema.text(length: 1...200)),
        APIParameter(
          "state", .query, "Only jobs in this state.",
          schema: Schema.word(JobState.allCases.map(\.rawValue))),
        APIParameter("module", .query, "Only jobs of this module.", schema: Schema.text(length: 1...200)),
        APIParameter(
          "before", .query, "Only jobs submitted before this one. For the next page, the last job of a page.",
          schema: Schema.text(length: 16...16)),
        APIParameter(
          "limit", .query, "The maximum number of jobs; 50.", schema: Schema.integer(nil, 1...200)),
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
        guard let id = JobID(before) else { return .problem(.invalid("before", "is not the id of a job")) }
        query.before = id
      }
      if request.principal.role == .creator {
        guard let own = request.principal.subject, query.creator ?? own == own else {
          return .json(200, .members(["jobs": .array([])]))
        }
        query.creator = own
      }
      let selected = query
      return await answering { () throws(JobError) in
        .json(200, .members(["jobs": .array(try await service.jobs(selected).map(\.value))]))
      }
    }
  }

  private var get: APIRoute {
    APIRoute(
      .get, "/api/v1/jobs/{job}", name: "getJob",
      summary: "Get a job with its attempts. A stream sends the job after each change, until it is over.",
      roles: JobRoutes.readers,
      parameters: [
        JobSchemas.jobParameter, JobSchemas.wait(max: JobRoutes.maxWait),
        APIParameter(
          "newerThan", .query,
          "Wait until the version is greater than this; absent: until the next change of an open job.",
          schema: Schema.integer(nil, 0...Int64.max)),
      ],
      answer: APIAnswer(
        200, "The job at the end of the wait. Events: job.", schema: JobSchemas.job, streams: true)
    ) { request in
      guard let id = request.parameters["job"].flatMap(JobID.init) else { return .problem(.unknownJob) }
      let creator = request.principal.owner
      switch JobSchemas.timeout(of: request, max: JobRoutes.maxWait) {
      case .failure(let problem): return .problem(problem)
      case .success(let timeout):
        let version = request.parameters["newerThan"].flatMap { Int64($0) }
        return await answering { () throws(JobError) in
          if request.wantsEvents {
            return .events(
              JobEvents(service: service, first: try await service.job(id, of: creator), of: creator).stream)
          }
          if let version, timeout > .zero {
            return .json(
              200, try await service.job(id, of: creator, newerThan: version, timeout: timeout).value)
          }
          var job = try await service.job(id, of: creator)
          if timeout > .zero, !job.state.isOver {
            job = try await service.job(id, of: creator, newerThan: job.version, timeout: timeout)
          }
          return .json(200, job.value)
        }
      }
    }
  }

  private var cancel: APIRoute {
    APIRoute(
      .post, "/api/v1/jobs/{job}/cancel", name: "cancelJob",
      summary: "Cancel a job. Finished work is paid.", roles: JobRoutes.writers,
      parameters: [JobSchemas.jobParameter], answer: APIAnswer(200, "The job.", schema: JobSchemas.job),
      problems: [409: "The job is over."]
    ) { request in
      guard let id = request.parameters["job"].flatMap(JobID.init) else { return .problem(.unknownJob) }
      return await answering { () throws(JobError) in
        let job = try await service.cancel(id, of: request.principal.owner, by: request.principal.name)
        return .json(200, job.value)
      }
    }
  }

  private var why: APIRoute {
    APIRoute(
      .get, "/api/v1/jobs/{job}/why", name: "explainJob",
      summary: "Explain a job: every placement decision, oldest first.", roles: JobRoutes.readers,
      parameters: [JobSchemas.jobParameter],
      answer: APIAnswer(200, "The job and its decisions.", schema: SchedulingTraceSchema.trace)
    ) { request in
      guard let id = request.parameters["job"].flatMap(JobID.init) else { return .problem(.unknownJob) }
      return await answering { () throws(JobError) in
        .json(200, try await service.trace(of: id, of: request.principal.owner).value)
      }
    }
  }
}

extension APIPrincipal {
  /// The only account whose jobs it may read; nil: every account.
  var owner: String? { role == .creator ? subject ?? "" : nil }
}
