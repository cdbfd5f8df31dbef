import Billing
package import Gateway
package import Model
import Planning
package import Reconciling

/// `POST /api/v1/apply` and `/api/v1/rollback`. A caller that accepts a stream receives events while the
/// change runs; any other caller receives the result when it ends.
package struct ChangeRoutes: Sendable {
  package let platform: Platform
  package let store: any StateStore
  package let environments: EnvironmentDirectory
  package let runner: ChangeRunner
  /// The folder that the server follows; nil for none.
  package let folder: FollowedFolder?

  package var routes: [APIRoute] { [apply, rollback] }

  package static let applyBody = BundleSchema.object(
    permissions.merging([
      "paths": BundleSchema.paths, "atomic": WireSchema.flag, "overrideFolder": WireSchema.flag,
      "commit": commit, "saved": WireSchema.any, "savedFrom": WireSchema.text(length: 1...4096),
    ]) { first, _ in first })

  private static let permissions = Permissions.manifestsSchema.merging(Consent.schema) { first, _ in first }
  private static let commit = Value.members([
    "type": .string("string"), "pattern": .string("^[0-9a-f]{40,64}$"),
  ])
  private static let answer = APIAnswer(
    200,
    "The result, as docs/apply-json.md describes it. As events: observing, planned, started, finished, note, "
      + "remark and alive, and at the end done, with the same object, or failed, with a problem.",
    schema: WireSchema.object(
      [
        "environment": WireSchema.name, "revision": WireSchema.integer, "summary": WireSchema.any,
        "resources": WireSchema.list(WireSchema.any),
      ],
      optional: [
        "atomic": WireSchema.any, "hasFindings": WireSchema.flag, "left": WireSchema.list(WireSchema.integer),
        "warnings": WireSchema.list(WireSchema.diagnostic),
      ]), streams: true)
  private static let problems = [
    409: "A guard blocks the change, it destroys data without a confirmation, or it failed; the code is "
      + "blocked or failed. ‘problems’ lists the steps that destroy data.",
    422: "The manifests are invalid; ‘diagnostics’ lists the errors.",
  ]

  private var apply: APIRoute {
    APIRoute(
      .post, "/api/v1/apply", name: "applyManifests",
      summary: "Apply these manifests once. The change continues if the caller disconnects.",
      roles: [.operator],
      body: APIBody(schema: ChangeRoutes.applyBody, maxBytes: BundleSchema.maxBytes),
      answer: ChangeRoutes.answer, problems: ChangeRoutes.problems
    ) { request in
      await respond(to: request) { try await applyChange(request) }
    }
  }

  private func applyChange(_ request: APIRequest) async throws -> ChangeRunner.Change {
    let body = request.body ?? .null
    let commit = try ChangeRoutes.commit(of: body)
    let permissions = try Permissions(body)
    let paths = (body.list(at: "paths") ?? []).map(\.plainText)
    let loaded = try platform.load(try body.manifests())
      .requiringResources(unless: permissions.allowsEmpty, at: paths, areLocal: false)
    let desired = loaded.desired
    try await desired.requireKnownEnvironment(in: environments)
    try EnvironmentPrices.refuseConflicts(in: desired)
    try await folder?.refuse(
      desired, isOverridden: body.flag(at: "overrideFolder") ?? false, in: store)
    var saved: (SavedPlan, from: String)?
    if let text = body["saved"]?.prettyJSON {
      saved = (try SavedPlan(text: text), body.text(at: "savedFrom") ?? "the saved plan")
    }
    let order = ApplyOrder(
      desired: desired, paths: paths, permissions: permissions, saved: saved,
      isAtomic: body.flag(at: "atomic") ?? false,
      author: .remote(request.principal, commit: commit), consent: try Consent(body))
    return ChangeRunner.Change(
      environment: desired.environment, role: "apply", actor: order.author.actor
    ) { executor in
      var report = try await order.perform(with: executor)
      report.warnings = loaded.warnings
      return report
    }
  }

  private var rollback: APIRoute {
    APIRoute(
      .post, "/api/v1/rollback", name: "rollBack",
      summary: "Restore an earlier revision. The change continues if the caller disconnects.",
      roles: [.operator],
      body: APIBody(
        schema: .members([
          "type": .string("object"), "additionalProperties": .bool(false),
          "properties": .object(
            ChangeRoutes.permissions.merging([
              "environment": WireSchema.name, "revision": WireSchema.integer(in: 1...Int64.max),
              "commit": ChangeRoutes.commit,
            ]) { first, _ in first }),
        ]), maxBytes: 1 << 20), answer: ChangeRoutes.answer, problems: ChangeRoutes.problems
    ) { request in
      await respond(to: request) {
        let body = request.body ?? .null
        let environment = try await environments.resolve(body.text(at: "environment"))
        let order = RollbackOrder(
          environment: environment, revision: body.integer(at: "revision"),
          permissions: try Permissions(body),
          author: .remote(request.principal, commit: try ChangeRoutes.commit(of: body)),
          consent: try Consent(body))
        return ChangeRunner.Change(environment: environment, role: "rollback", actor: order.author.actor) {
          try await order.perform(with: $0)
        }
      }
    }
  }

  /// The commit for history and audit.
  /// - Throws: a usage failure unless it consists of 40 to 64 hexadecimal digits.
  private static func commit(of body: Value) throws(OperationError) -> String? {
    guard let text = body.text(at: "commit") else { return nil }
    guard (40...64).contains(text.utf8.count),
      text.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
    else { throw .usage("body.commit is not a commit: 40 to 64 hexadecimal digits") }
    return text
  }

  private func respond(
    to request: APIRequest, _ change: () async throws -> ChangeRunner.Change
  ) async -> APIResponse {
    do {
      let events = try runner.submit(try await change())
      guard !request.wantsEvents else { return .events(events) }
      for await event in events {
        switch ProgressMessage(event) {
        case .done(let report): return .success(report.value)
        case .failed(let failure): return failure.response
        case .progress, .remark, .alive, nil: break
        }
      }
      return OperationError.unavailable("the server is stopping; the change continues after its next start")
        .response
    } catch {
      return OperationError(error).response
    }
  }
}
