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
    try await Session.open(scope.state) { session in
      let environment = try session.environment(scope.environment)
      let nothing = DesiredState(environment: environment, allowsMockGPUs: false, resources: [])
      let (preparation, allowances) = try await session.prepare(
        nothing, Allowances(prune: true), approve: approval.approve, by: Author.here.approver)
      Output.write(preparation.plan.text(style: Output.style, width: Output.width))
      guard preparation.plan.hasChanges else { return }
      if !yes { try confirm(environment) }
      try await session.changing(environment, as: "destroy") { session in
        // A second plan includes what controllers changed in the meantime.
        let (preparation, allowances) = try await session.prepare(
          nothing, allowances, approve: approval.approve, by: Author.here.approver)
        session.progress.summariseLater()
        let convergence = try await session.converge(
          preparation, by: .here("destroy", [environment] + allowances.words), allowances)
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
