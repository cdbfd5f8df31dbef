import ArgumentParser
import ControlPlane
import Model
import Planning
import Reconciling

struct Rollback: ChangeCommand {
  static let configuration = CommandConfiguration(
    abstract: "Restore an earlier revision.",
    discussion: """
      A rollback plans towards the earlier revision and records it as the newest revision. The revisions in \
      between are quarantined: ‘up’ does not apply their manifests again, but applies later manifests. \
      ‘apply’ of quarantined manifests lifts the quarantine.

      Steps that destroy data are listed and need a confirmation: the answer on the terminal, or --yes.
      """)

  @Argument(help: "Revision, as listed by ‘history’. Default: the revision before the newest.")
  var revision: Int64?

  @OptionGroup var scope: EnvironmentOptions
  @OptionGroup var allowances: AllowanceOptions
  @OptionGroup var confirmation: ConfirmationOptions

  func run() async throws {
    switch try scope.connection.target() {
    case .local(let state):
      let environment = scope.environment
      try await StateSession.open(state, showsPlan: true) { state in
        let order = RollbackOrder(
          environment: try await state.environments.resolve(environment.environment), revision: revision,
          permissions: Permissions(allowances), author: .local, consent: confirmation.consent)
        try print(
          try await Rollback.prompt.confirming(order.consent) { consent in
            var order = order
            order.consent = consent
            return try await state.changes.withLeases(of: order.environment, as: "rollback") {
              [order] executor in
              executor.reporter.summariseLater()
              return try await order.perform(with: executor)
            }
          })
      }
    case .server(let server):
      var body = Permissions(allowances).members
      body["environment"] = scope.name.map(Value.string)
      body["revision"] = revision.map(Value.integer)
      try print(
        try await Rollback.prompt.confirming(confirmation.consent) { [body] consent in
          let body = Value.object(body.merging(consent.members) { _, new in new })
          return try await server.change("/api/v1/rollback", body, in: scope.name)
        })
    }
  }

  private static let prompt = ConfirmationPrompt(alternative: "pass --yes")

  private func print(_ change: ChangeReport) throws {
    let revisions = change.quarantinedRevisions
    if !revisions.isEmpty {
      let (noun, object) = revisions.count == 1 ? ("revision", "it") : ("revisions", "them")
      Output.print(
        "Quarantined: \(noun) \(revisions.map { String($0) }.joined(separator: ", ")). "
          + "‘up’ does not apply \(object) again; ‘apply’ lifts the quarantine.")
    }
    try Summary(change.report).report()
  }
}
