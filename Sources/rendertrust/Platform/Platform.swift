import Component
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

  private func judge(_ result: LoadResult) -> Result<DesiredState, CommandFailure> {
    let isColored = Output.errorStyle.isColoured
    guard let desired = result.desired else {
      let count = result.diagnostics.count { $0.severity == .error }
      Output.error(result.diagnostics.rendered(color: isColored))
      return .failure(.usage("\(count) error\(count == 1 ? "" : "s") in the manifests; nothing was touched"))
    }
    if !result.diagnostics.isEmpty { Output.error(result.diagnostics.rendered(color: isColored)) }
    return .success(desired)
  }
}
