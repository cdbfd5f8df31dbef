package import Gateway
import Model

/// What operators ask of a server and order from it, as the CLI's `--server` does. Routes are made of the inquiries and
/// orders that commands carry out themselves where the state is.
package struct OperatorRoutes: Sendable {
  package let session: Session
  package let runner: ChangeRunner
  /// What the server follows.
  package let folder: FollowedFolder?

  package var routes: [APIRoute] {
    let all =
      [
        route(EnvironmentsQuery.self), route(ResourcesQuery.self), route(DescriptionQuery.self),
        route(WhyQuery.self), route(EventsQuery.self), route(RevisionsQuery.self),
        route(LeasesQuery.self), route(AuditQuery.self), route(ExportQuery.self),
        route(PlanQuery.self),
        route(DiffQuery.self), route(BalanceQuery.self), route(StatementQuery.self),
        route(HoldsQuery.self), route(GrantQuery.self),
      ] + ChangeRoutes(session: session, runner: runner, folder: folder).routes
    return all.map { $0.checkingBody() }
  }

  private func route<Question: Query>(_ type: Question.Type) -> APIRoute {
    let operation = Question.operation
    return APIRoute(
      operation.method, operation.path, name: operation.name, summary: operation.summary,
      roles: operation.roles, parameters: operation.parameters, body: operation.body,
      answer: APIAnswer(200, operation.answer.summary, schema: operation.answer.schema),
      problems: [
        409: "It cannot be done as things are; the code is blocked or failed.",
        422: "The manifests are invalid; ‘diagnostics’ says where.",
      ]
    ) { request in
      do {
        let session = try await session.refreshed()
        return .json(200, try await Question(request).answer(in: session).value)
      } catch {
        return OperationError(error).response
      }
    }
  }
}
