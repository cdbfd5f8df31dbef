import ArgumentParser
import ControlPlane

struct ManifestArguments: ParsableArguments {
  @Argument(
    help:
      "Files and folders with manifests; - reads standard input. A folder is laid over its sibling ‘base’.")
  var paths: [String]
}
