import ArgumentParser
import ControlPlane
import JobModel

struct NodeUncordon: ChangeCommand {
  static let configuration = CommandConfiguration(
    commandName: "uncordon", abstract: "Resume dispatching work to a node.")

  @OptionGroup var options: NodeOptions

  func run() async throws { try await options.cordon(false) }
}
