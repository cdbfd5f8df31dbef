package import Gateway
import Model

/// The API for operators, which the CLI calls with `--server`. Each route answers a query or performs an
/// order that commands also answer and perform on a local state.
package struct OperatorRoutes: Sendable {
  package let state: StateSession
  package let runner: ChangeRunner
  /// The folder that the server follows; nil for none.
  package let folder: FollowedFolder?

  package var routes: [APIRoute] {
    let queries = [
      route(EnvironmentsQuery.self), route(ResourcesQuery.self), route(DescriptionQuery.self),
      route(WhyQuery.self), route(EventsQuery.self), route(RevisionsQuery.self), route(LeasesQuery.self),
      route(AuditQuery.self), route(ExportQuery.self), route(PlanQuery.self), route(DiffQuery.self),
      route(BalanceQuery.self), route(StatementQuery.self), route(HoldsQuery.self), route(GrantQuery.self),
      route(RenameEnvironmentQuery.self), route(ForgetEnvironmentQuery.self),
    ]
    let changes = ChangeRoutes(
      platform: state.platform, store: state.store, environments: state.environments, runner: runner,
      folder: folder)
    return (queries + changes.routes).map { $0.checkingBody() }
  }

  private func route<Request: Query>(_ type: Request.Type) -> APIRoute {
    let operation = Request.operation
    let context = Request.Context(state)
    return APIRoute(
      operation.method, operation.path, name: operation.name, summary: operation.summary,
      roles: operation.roles, parameters: operation.parameters, body: operation.body,
      answer: APIAnswer(200, operation.answer.summary, schema: operation.answer.schema),
      problems: [
        409: "The operation is blocked or failed; the code is blocked or failed.",
        422: "The manifests are invalid; ‘diagnostics’ lists the errors.",
      ]
    ) { request in
      do {
        return .success(try await Request(request).answer(in: context).value)
      } catch {
        return OperationError(error).response
      }
    }
  }
}

extension APIResponse {
  /// Status 200 with a JSON document.
  static func success(_ value: Value) -> APIResponse { .json(200, value) }
}
