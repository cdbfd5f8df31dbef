import ArgumentParser
import ControlPlane
import Model

struct Validate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check manifests without looking at the world.",
    discussion: "Reports every error of every file at once. Exits with 2 when there is one.")

  @OptionGroup var manifests: ManifestArguments

  func run() async throws {
    let desired = try Platform.schemasOnly().desiredState(at: manifests.paths)
    let count = desired.resources.count
    Output.print(
      "\(Output.style.green("✓")) \(count) resource\(count == 1 ? "" : "s") of environment \(desired.environment) "
        + "\(count == 1 ? "is" : "are") valid.")
  }
}
