import ArgumentParser
import ControlPlane
import Model
import Planning
import Reconciling

struct Destroy: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Remove everything that was applied in an environment.",
    discussion: """
      Volumes and backups stay. Asks first, unless --yes is given. Where the environment requires approvals, what \
      destroys needs one as well.
      """)

  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var state: StateOptions
  @OptionGroup var approval: ApprovalOptions

  @Flag(name: .long, help: "Do not ask.")
  var yes = false

  func run() async throws {
    try await Session.open(state) { session in
      let environment = try session.environment(environment)
      let nothing = DesiredState(environment: environment, allowsMockGPUs: false, resources: [])
      let (preparation, allowances) = try await session.prepare(
        nothing, Allowances(prune: true), approve: approval.approve, by: Author.here.approver)
      Output.write(preparation.plan.text(style: Output.style, width: Output.width))
      guard preparation.plan.hasChanges else { return }
      if !yes {
        guard Output.isTerminal else {
          throw CommandFailure.blocked("destroy asks before it removes \(environment): give --yes to go on")
        }
        Output.write("Type the environment's name to remove all this: ")
        guard readLine() == environment else { throw CommandFailure.blocked("nothing was removed") }
      }
      try await session.changing(environment, as: "destroy") { session in
        // Whatever controllers did meanwhile goes too.
        let (preparation, allowances) = try await session.prepare(
          nothing, allowances, approve: approval.approve, by: Author.here.approver)
        session.progress.summariseLater()
        let convergence = try await session.converge(
          preparation, by: .here("destroy", [environment] + allowances.words), allowances)
        try Summary(convergence).report()
      }
    }
  }
}
