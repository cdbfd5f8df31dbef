import ArgumentParser
import ControlPlane
import Manifests
import Model

struct Schema: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the JSON Schema of manifests, for editors.")

  @Argument(help: "One kind; all where it is left out.")
  var kind: String?

  func run() throws {
    let platform = try Platform.schemasOnly()
    Output.write(try platform.jsonSchema(of: kind).prettyJSON)
  }
}

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Print what a kind or a field means.",
    discussion: "For example: rendertrust explain Module.spec.rollout")

  @Argument(help: "A kind, or the path of a field.")
  var path: String

  func run() throws { Output.write(try Platform.schemasOnly().explanation(of: path)) }
}

struct Completions: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print a completion script for bash, zsh or fish.")

  @Argument(help: "The shell: bash, zsh or fish.")
  var shell: String

  func run() throws {
    guard let shell = CompletionShell(rawValue: shell) else {
      throw ValidationError("the shells are bash, zsh and fish, not ‘\(shell)’")
    }
    Output.print(RenderTrust.completionScript(for: shell))
  }
}

struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")
  func run() { Output.print("rendertrust \(Version.text)") }
}
