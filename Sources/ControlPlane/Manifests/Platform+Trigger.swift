package import Manifests
package import Reconciling

extension Platform {
  /// Reads changed manifests for a controller. Reports problems to `reporter`.
  package func trigger(
    from paths: [String], reusing cache: inout ManifestCache, as command: String, _ reporter: any Reporter
  ) -> Trigger {
    do throws(OperationError) {
      let loaded = try load(paths, reusing: &cache)
      reporter.report(loaded.warnings)
      return .desired(loaded.desired, .local(command, paths))
    } catch {
      reporter.report(error.diagnostics)
      return .unreadable(error.message)
    }
  }
}
