import ArgumentParser
import ControlPlane
import Model
import Reconciling

struct EnvironmentsForget: ChangeCommand {
  static let configuration = CommandConfiguration(
    commandName: "forget", abstract: "Remove an environment from the state.",
    discussion: """
      For an environment in which nothing is applied, such as one that was destroyed. Changes nothing \
      outside of the state. Revisions and the audit trail are kept.
      """)

  @Argument(help: "Name of the environment.")
  var name: String

  @Flag(
    name: .long,
    help: ArgumentHelp(
      "Leave its resources in the outside systems without an owner.",
      discussion: """
        Removing them with ‘destroy’ is the alternative. Requires --yes; refused in an environment that \
        requires approvals.
        """))
  var abandon = false

  @Flag(name: .long, help: "Confirm --abandon.")
  var yes = false

  @OptionGroup var connection: ConnectionOptions

  func run() async throws {
    let done = try await connection.send(
      ForgetEnvironmentQuery(name, abandons: abandon, isConfirmed: yes, by: .local))
    Output.success("\(done.name) is no longer an environment of this state")
  }
}
