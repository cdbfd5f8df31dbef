import ArgumentParser
import ControlPlane
import Model
import Planning
import Reconciling

struct Destroy: ChangeCommand {
  static let configuration = CommandConfiguration(
    abstract: "Remove every applied resource of an environment.",
    discussion: """
      Lists the steps, asks for confirmation unless --yes is given, and executes exactly these steps. Drops \
      the databases of the private server with everything in them; keeps volumes, backups and databases of \
      other servers. If the environment requires approvals, destructive steps need one.
      """)

  @OptionGroup var scope: LocalEnvironmentOptions
  @OptionGroup var approval: ApprovalOptions

  @Flag(name: .long, help: "Skip the confirmation prompt.")
  var yes = false

  func run() async throws {
    try await StateSession.open(scope.state) { state in
      let order = DestroyOrder(
        environment: try await state.environments.resolve(scope.environment.environment),
        approve: approval.approve, author: .local)
      var listed = try await order.plan(on: state.engine)
      while true {
        Output.write(listed.text(style: Output.style, width: Output.width))
        guard listed.hasChanges else { return }
        if !yes { try confirm(order.environment) }
        let end = try await state.changes.withLeases(of: order.environment, as: "destroy") {
          [listed] executor in
          executor.reporter.summariseLater()
          return try await order.perform(listed, with: executor)
        }
        switch end {
        case .done(let report): return try Summary(report).report()
        case .changed(let plan):
          guard !yes else {
            throw CommandFailure.blocked("the plan changed while it was confirmed; run it again")
          }
          Output.print("The plan changed while it was confirmed; nothing was removed. The new plan:")
          listed = plan
        }
      }
    }
  }

  private func confirm(_ environment: String) throws(CommandFailure) {
    guard ConfirmationPrompt.isInteractive else {
      throw .blocked("destroy requires confirmation: pass --yes to remove \(environment)")
    }
    let question = "Type the name of the environment to remove it: "
    guard ConfirmationPrompt.answer(to: question) == environment else {
      throw .blocked("not confirmed: nothing was removed")
    }
  }
}
