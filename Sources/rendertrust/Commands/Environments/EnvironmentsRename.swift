import ArgumentParser
import ControlPlane
import Model
import Reconciling

struct EnvironmentsRename: ChangeCommand {
  static let configuration = CommandConfiguration(
    commandName: "rename", abstract: "Rename an environment with everything that it owns.",
    discussion: """
      Changes the records of the state and nothing outside of it: databases, containers and volumes stay as \
      they are and are not restarted. Rename the Environment in the manifests as well, and apply them. \
      Revisions and the audit trail up to now stay under the former name.
      """)

  @Argument(help: "Present name of the environment.")
  var former: String

  @Argument(help: "New name, under which nothing is applied.")
  var name: String

  @OptionGroup var connection: ConnectionOptions

  func run() async throws {
    let done = try await connection.send(RenameEnvironmentQuery(former, to: name, by: .local))
    Output.success("\(former) is \(done.name) now; apply its manifests under that name")
  }
}
