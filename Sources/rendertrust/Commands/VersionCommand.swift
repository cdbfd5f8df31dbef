import ArgumentParser
import ControlPlane

struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")
  func run() { Output.print("rendertrust \(Version.text)") }
}
