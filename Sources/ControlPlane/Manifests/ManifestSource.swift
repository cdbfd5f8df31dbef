import Manifests
import Model
import Reconciling

/// The manifests that a controller follows.
package struct ManifestSource: Sendable {
  package let paths: [String]
  private let platform: Platform
  /// Created before the first load, so that no change is missed.
  var watch: ManifestWatch
  /// The files of the last load, so that a change does not read every file again.
  private var cache = ManifestCache()

  package init(_ platform: Platform, paths: [String]) {
    self.platform = platform
    self.paths = paths
    watch = ManifestWatch(paths: paths)
  }

  package mutating func load() throws(OperationError) -> LoadedManifests {
    try platform.load(paths, reusing: &cache)
  }

  /// Loads changed manifests for a controller. Reports problems to `reporter`.
  mutating func trigger(as command: String, _ reporter: any Reporter) -> Trigger {
    do throws(OperationError) {
      let loaded = try load()
      reporter.report(loaded.warnings)
      return .desired(loaded.desired, .local(command, paths))
    } catch {
      reporter.report(error.diagnostics)
      return .unreadable(error.message)
    }
  }

  /// Loads every file again.
  func reload(as command: String, _ reporter: any Reporter) -> Trigger {
    var source = self
    source.cache = ManifestCache()
    return source.trigger(as: command, reporter)
  }
}
