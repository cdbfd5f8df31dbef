import ArgumentParser
import ControlPlane
import JobModel

struct NodeCordon: ChangeCommand {
  static let configuration = CommandConfiguration(
    commandName: "cordon", abstract: "Stop dispatching new work to a node; running work continues.",
    discussion:
      "Lasts until ‘node uncordon’. To cordon a node permanently, set `schedulable: false` in its manifest.")

  @OptionGroup var options: NodeOptions

  func run() async throws { try await options.cordon(true) }
}
