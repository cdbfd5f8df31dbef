import ArgumentParser
import ControlPlane
import Manifests
import Model

struct Schema: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the JSON Schema of manifests, for editors.")

  @Argument(help: "A kind. Default: all kinds.")
  var kind: String?

  func run() throws { Output.write(json: try Platform.schemasOnly().jsonSchema(of: kind).prettyJSON) }
}
