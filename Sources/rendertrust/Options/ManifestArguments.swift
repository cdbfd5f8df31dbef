import ArgumentParser
import ControlPlane

struct ManifestArguments: ParsableArguments {
  @Argument(
    help:
      "Files and folders with manifests; - reads standard input. A folder overlays its sibling ‘base’.")
  var paths: [String]
}
