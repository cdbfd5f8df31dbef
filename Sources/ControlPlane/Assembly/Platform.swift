package import KindSupport
package import Manifests
package import Model
import Planning
import Reconciling

/// The registered kinds, and what follows from them without an observation.
package struct Platform: Sendable {
  package let kinds: [Kind]

  private var loader: ManifestLoader {
    ManifestLoader(kinds: kinds.schemas, checks: [OwnershipCheck.check(kinds), FormerNameCheck.check(kinds)])
  }

  /// - Throws: an error with every problem of every file.
  package func load(_ paths: [String]) throws(OperationError) -> LoadedManifests {
    try LoadedManifests(loader.load(paths: paths))
  }

  /// Loads manifests again: the cost follows from what changed since the last load with this cache.
  package func load(
    _ paths: [String], reusing cache: inout ManifestCache
  ) throws(OperationError) -> LoadedManifests {
    try LoadedManifests(loader.load(paths: paths, reusing: &cache))
  }

  /// Loads manifests that another process read.
  package func load(_ bundle: ManifestBundle) throws(OperationError) -> LoadedManifests {
    try LoadedManifests(loader.load(bundle))
  }

  /// Reads the files of these paths, so that another process can load them.
  package func bundle(_ paths: [String]) throws(OperationError) -> ManifestBundle {
    let (bundle, problems) = loader.bundle(paths: paths)
    guard problems.isEmpty else { throw .invalid(problems) }
    return bundle
  }
}

/// The desired state that manifests describe.
package struct LoadedManifests: Sendable {
  package let desired: DesiredState
  package let warnings: [Diagnostic]

  /// - Throws: an error with every problem where one of them is an error.
  fileprivate init(_ result: LoadResult) throws(OperationError) {
    guard let desired = result.desired else { throw .invalid(result.diagnostics) }
    self.desired = desired
    warnings = result.diagnostics
  }
}
