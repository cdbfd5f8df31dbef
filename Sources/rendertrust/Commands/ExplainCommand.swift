import ArgumentParser
import ControlPlane
import Manifests

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Document a kind or a field of manifests.",
    discussion: "For example: rendertrust explain Module.spec.rollout")

  @Argument(help: "A kind, or the path of a field.")
  var path: String

  func run() throws { Output.write(try Platform.schemasOnly().explanation(of: path)) }
}
