import ControlPlane
import Gateway
import HTTP
import JobModel
import Model

/// Jobs and nodes of a server. The server authorizes by token; accounts that callers pass only filter lists.
struct RemoteJobService: JobService {
  let transport: any APITransport

  /// The maximum of the parameter `wait`.
  private static let maxWait = Duration.seconds(60)

  func submit(_ order: JobOrder) async throws(JobError) -> Job {
    var call = APICall(.post, "/api/v1/jobs")
    call.body = order.body
    return try await answer(call) { Job($0) }
  }

  func job(_ id: JobID, of creator: String?, newerThan version: Int64?, timeout: Duration)
    async throws(JobError) -> Job
  {
    var call = APICall(.get, path(id))
    if let version {
      let wait = min(timeout, RemoteJobService.maxWait)
      call.query = [
        ("newerThan", String(version)), ("wait", TimeSpan(milliseconds: wait.milliseconds).description),
      ]
      call.timeout = wait + .seconds(20)
    }
    return try await answer(call) { Job($0) }
  }

  func jobs(_ query: JobQuery) async throws(JobError) -> [Job] {
    let members = [
      "before": query.before?.text, "creator": query.creator, "limit": String(query.limit),
      "module": query.module, "state": query.state?.rawValue,
    ].compactMapValues { $0 }
    let call = APICall(.get, "/api/v1/jobs", parameters: members)
    return try await answer(call) { $0.list(at: "jobs")?.compactMap { Job($0) } }
  }

  func cancel(_ id: JobID, of creator: String?, by person: String) async throws(JobError) -> Job {
    try await answer(APICall(.post, path(id) + "/cancel")) { Job($0) }
  }

  func trace(of id: JobID, of creator: String?) async throws(JobError) -> SchedulingTrace {
    try await answer(APICall(.get, path(id) + "/why")) { SchedulingTrace($0) }
  }

  func nodes() async throws(JobError) -> [NodeStatus] {
    try await answer(APICall(.get, "/api/v1/nodes")) { $0.list(at: "nodes")?.compactMap { NodeStatus($0) } }
  }

  func cordon(node: String) async throws(JobError) -> NodeStatus { try await change(node, "cordon") }
  func uncordon(node: String) async throws(JobError) -> NodeStatus { try await change(node, "uncordon") }

  private func change(_ node: String, _ verb: String) async throws(JobError) -> NodeStatus {
    let call = APICall(.post, "/api/v1/nodes/{node}/\(verb)", parameters: ["node": node])
    return try await answer(call) { NodeStatus($0) }
  }

  private func path(_ id: JobID) -> String { "/api/v1/jobs/\(PercentEncoding.encode(id.text))" }

  private func answer<Answer>(_ call: APICall, _ read: (Value) -> Answer?) async throws(JobError) -> Answer {
    let value: Value
    do throws(CommandFailure) {
      value = try await transport.send(call)
    } catch {
      let code = error.remoteCode.flatMap(JobError.Code.init(rawValue:))
      throw JobError(code ?? (error.exitStatus == .usage ? .invalid : .unavailable), error.message)
    }
    guard let answer = read(value) else {
      throw JobError(.unavailable, CommandFailure.unexpectedResponse.message)
    }
    return answer
  }
}

extension JobOrder {
  /// The request body of the API.
  fileprivate var body: Value {
    .members([
      "creator": creator.isEmpty ? nil : .string(creator), "module": .string(module), "input": input,
      "units": .integer(units), "budget": budget.map { .string($0.description) },
      "priority": .integer(Int64(priority)), "within": within.map { .string($0.description) },
      "key": key.map(Value.string),
    ])
  }
}

extension Duration {
  fileprivate var milliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }
}
