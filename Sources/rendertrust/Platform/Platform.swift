import KindSupport
import Manifests
import Model
import Planning
import Reconciling

/// The kinds of the house, put together, and what follows from them without looking at the world.
struct Platform: Sendable {
  let kinds: [Kind]

  /// The desired state that the manifests describe. Warnings go to standard error.
  /// - Throws: `CommandFailure` with every error of every file, exit code 2.
  func load(_ paths: [String]) throws(CommandFailure) -> DesiredState {
    try tryLoad(paths).get()
  }

  func tryLoad(_ paths: [String]) -> Result<DesiredState, CommandFailure> {
    judge(ManifestLoader(kinds: kinds.schemas).load(paths: paths))
  }

  /// The same, at a cost that follows from what changed since the last load with this cache.
  func tryLoad(
    _ paths: [String], reusing cache: inout ManifestCache
  ) -> Result<DesiredState, CommandFailure> {
    judge(ManifestLoader(kinds: kinds.schemas).load(paths: paths, reusing: &cache))
  }

  /// The desired state of manifests that another process read, with warnings. Prints nothing.
  /// - Throws: with every error of every file.
  func load(_ bundle: ManifestBundle) throws(CommandFailure) -> (DesiredState, warnings: [Diagnostic]) {
    let result = ManifestLoader(kinds: kinds.schemas).load(bundle)
    guard let desired = result.desired else { throw .invalid(result.diagnostics) }
    return (desired, result.diagnostics)
  }

  /// The files of these paths, to be loaded by another process.
  func bundle(_ paths: [String]) throws(CommandFailure) -> ManifestBundle {
    let (bundle, problems) = ManifestLoader(kinds: kinds.schemas).bundle(paths: paths)
    guard problems.isEmpty else { throw .invalid(problems) }
    return bundle
  }

  private func judge(_ result: LoadResult) -> Result<DesiredState, CommandFailure> {
    result.diagnostics.report()
    guard let desired = result.desired else {
      var failure = CommandFailure.invalid(result.diagnostics)
      // They are told already, also where nothing ends for them.
      failure.diagnostics = []
      return .failure(failure)
    }
    return .success(desired)
  }
}
