import ArgumentParser
import ControlPlane
import Model
import Planning
import Reconciling

struct Destroy: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Remove every applied resource of an environment.",
    discussion: """
      Keeps volumes and backups. Asks for confirmation unless --yes is given. If the environment requires \
      approvals, destructive steps need one.
      """)

  @OptionGroup var scope: LocalEnvironmentOptions
  @OptionGroup var approval: ApprovalOptions

  @Flag(name: .long, help: "Skip the confirmation prompt.")
  var yes = false

  func run() async throws {
    try await StateSession.open(scope.state) { state in
      let environment = try await state.environments.resolve(scope.environment.environment)
      let empty = DesiredState(environment: environment, allowsMockGPUs: false, resources: [])
      let (preparation, allowances) = try await state.engine.prepare(
        empty, Allowances(prune: true), approve: approval.approve, by: Author.local.approver)
      Output.write(preparation.plan.text(style: Output.style, width: Output.width))
      guard preparation.plan.hasChanges else { return }
      if !yes { try confirm(environment) }
      try await state.changes.withLeases(of: environment, as: "destroy") { executor in
        // A second plan includes what controllers changed in the meantime.
        let (preparation, allowances) = try await executor.engine.prepare(
          empty, allowances, approve: approval.approve, by: Author.local.approver)
        executor.reporter.summariseLater()
        let convergence = try await executor.converge(
          preparation, by: .local("destroy", [environment] + allowances.arguments), allowances)
        try Summary(convergence).report()
      }
    }
  }

  private func confirm(_ environment: String) throws(CommandFailure) {
    guard Output.isTerminal else {
      throw .blocked("destroy requires confirmation: pass --yes to remove \(environment)")
    }
    Output.write("Type the name of the environment to remove it: ")
    guard readLine() == environment else { throw .blocked("not confirmed: nothing was removed") }
  }
}
