import ArgumentParser
import ControlPlane

struct ManifestArguments: ParsableArguments {
  @Argument(
    help:
      "Files and folders with manifests; - reads standard input. A folder overlays its sibling ‘base’.")
  var paths: [String]
}

/// Whether manifests without a resource are meant.
struct EmptyOption: ParsableArguments {
  @Flag(
    name: .long,
    help: "Accept manifests without a resource, which remove everything that was applied.")
  var allowEmpty = false
}
