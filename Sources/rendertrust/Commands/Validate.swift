import ArgumentParser
import ControlPlane
import Model

struct Validate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check manifests for errors.",
    discussion: "Reads manifests only and reports every error of every file. Exits with 2 on an error.")

  @OptionGroup var manifests: ManifestArguments
  @OptionGroup var empty: EmptyOption

  func run() async throws {
    let desired = try Platform.schemasOnly().desiredState(
      at: manifests.paths, allowsEmpty: empty.allowEmpty)
    let count = desired.resources.count
    Output.success(
      "\(count) resource\(count == 1 ? "" : "s") of environment \(desired.environment) "
        + "\(count == 1 ? "is" : "are") valid.")
  }
}
