import ControlPlane
import Manifests
import Model

extension Platform {
  /// The desired state that the manifests describe. Prints warnings to standard error.
  /// - Throws: an error with every problem of every file.
  func desiredState(at paths: [String], allowsEmpty: Bool) throws(OperationError) -> DesiredState {
    let loaded = try load(paths).requiringResources(unless: allowsEmpty, at: paths, areLocal: true)
    loaded.warnings.report()
    return loaded.desired
  }

  /// The files for a server.
  func bundle(_ paths: [String], allowsEmpty: Bool) throws(OperationError) -> ManifestBundle {
    let bundle = try bundle(paths)
    if bundle.files.isEmpty, !allowsEmpty { throw .noResources(at: paths, areLocal: true) }
    return bundle
  }
}
