import Billing
package import Gateway
package import Model
import Planning
import Reconciling

/// `POST /api/v1/apply` and `/api/v1/rollback`: told as they happen to whoever asks for a stream of events, else answered
/// when they are over.
package struct ChangeRoutes: Sendable {
  package let session: Session
  package let runner: ChangeRunner
  /// Nil: the server follows none.
  package let folder: FollowedFolder?

  package var routes: [APIRoute] { [apply, rollback] }

  package static let applyBody = BundleSchema.object(
    Permissions.schema.merging([
      "paths": BundleSchema.paths, "atomic": WireSchema.flag, "overrideFolder": WireSchema.flag,
      "commit": commit, "saved": WireSchema.any, "savedFrom": WireSchema.text(1...4096),
    ]) { first, _ in first })

  private static let commit = Value.members([
    "type": .string("string"), "pattern": .string("^[0-9a-f]{40,64}$"),
  ])
  private static let answer = APIAnswer(
    200,
    "What it came to, as docs/apply-json.md says. As events: observing, planned, started, finished, note, remark and "
      + "alive, and in the end done, with the same object, or failed, with a problem.",
    schema: WireSchema.object(
      [
        "environment": WireSchema.name, "revision": WireSchema.integer, "summary": WireSchema.any,
        "resources": WireSchema.list(WireSchema.any),
      ],
      optional: [
        "atomic": WireSchema.any, "news": WireSchema.flag, "left": WireSchema.list(WireSchema.integer),
        "warnings": WireSchema.list(WireSchema.diagnostic),
      ]), streams: true)
  private static let problems = [
    409: "A guard holds it back, or it cannot be done; the code is blocked or failed.",
    422: "The manifests are invalid; ‘diagnostics’ says where.",
  ]

  private var apply: APIRoute {
    APIRoute(
      .post, "/api/v1/apply", name: "applyManifests",
      summary: "Make the world match these manifests, once. Goes on when the caller goes.",
      roles: [.operator],
      body: APIBody(schema: ChangeRoutes.applyBody, maxBytes: BundleSchema.mostBytes),
      answer: ChangeRoutes.answer, problems: ChangeRoutes.problems
    ) { request in
      await respond(to: request) { try await applying(request) }
    }
  }

  private func applying(_ request: APIRequest) async throws -> ChangeRunner.Change {
    let body = request.body ?? .null
    let commit = try ChangeRoutes.commit(of: body)
    let loaded = try session.platform.load(try body.manifests())
    let desired = loaded.desired
    try EnvironmentPrices.refuseConflicts(in: desired)
    try await folder?.refuse(
      desired, isOverridden: body.flag(at: "overrideFolder") ?? false, in: session)
    var saved: (SavedPlan, from: String)?
    if let text = body["saved"]?.prettyJSON {
      saved = (try SavedPlan(text: text), body.text(at: "savedFrom") ?? "the saved plan")
    }
    let order = ApplyOrder(
      desired: desired, paths: (body.list(at: "paths") ?? []).map(\.plainText),
      permissions: try Permissions(body), saved: saved, isAtomic: body.flag(at: "atomic") ?? false,
      author: .of(request.principal, commit: commit))
    return ChangeRunner.Change(
      environment: desired.environment, role: "apply", actor: order.author.actor
    ) { session in
      var report = try await order.carryOut(in: session)
      report.warnings = loaded.warnings
      return report
    }
  }

  private var rollback: APIRoute {
    APIRoute(
      .post, "/api/v1/rollback", name: "rollBack",
      summary: "Make the world match an earlier revision. Goes on when the caller goes.", roles: [.operator],
      body: APIBody(
        schema: .members([
          "type": .string("object"), "additionalProperties": .bool(false),
          "properties": .object(
            Permissions.schema.merging([
              "environment": WireSchema.name, "revision": WireSchema.integer(1...Int64.max),
              "commit": ChangeRoutes.commit,
            ]) { first, _ in first }),
        ]), maxBytes: 1 << 20), answer: ChangeRoutes.answer, problems: ChangeRoutes.problems
    ) { request in
      await respond(to: request) {
        let body = request.body ?? .null
        let environment = try await session.refreshed().environment(named: body.text(at: "environment"))
        let order = RollbackOrder(
          environment: environment, revision: body.integer(at: "revision"),
          permissions: try Permissions(body),
          author: .of(request.principal, commit: try ChangeRoutes.commit(of: body)))
        return ChangeRunner.Change(environment: environment, role: "rollback", actor: order.author.actor) {
          try await order.carryOut(in: $0)
        }
      }
    }
  }

  /// What history and audit name, so nothing but a commit's digits.
  private static func commit(of body: Value) throws(OperationError) -> String? {
    guard let text = body.text(at: "commit") else { return nil }
    guard (40...64).contains(text.utf8.count),
      text.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
    else { throw .usage("body.commit is no commit: 40 to 64 hexadecimal digits") }
    return text
  }

  private func respond(
    to request: APIRequest, _ change: () async throws -> ChangeRunner.Change
  ) async -> APIResponse {
    do {
      let events = try runner.order(try await change())
      guard !request.wantsEvents else { return .events(events) }
      for await event in events {
        switch ProgressMessage(event) {
        case .done(let report): return .json(200, report.value)
        case .failed(let failure): return failure.response
        case .progress, .remark, .alive, nil: break
        }
      }
      return OperationError.unavailable("the server stops; the change goes on after its next start").response
    } catch {
      return OperationError(error).response
    }
  }
}
