import ControlPlane
import Model

extension Platform {
  /// The desired state that the manifests describe. Prints warnings to standard error.
  /// - Throws: an error with every problem of every file.
  func desiredState(at paths: [String]) throws(OperationError) -> DesiredState {
    let loaded = try load(paths)
    loaded.warnings.report()
    return loaded.desired
  }
}
