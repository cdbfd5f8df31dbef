import Manifests
import Model
import Reconciling

/// The manifests that a controller follows.
package struct ManifestSource: Sendable {
  package let paths: [String]
  private let platform: Platform
  private let allowsEmpty: Bool
  /// Created before the first load, so that no change is missed.
  var watch: ManifestWatch
  /// The files of the last load, so that a change does not read every file again.
  private var cache = ManifestCache()
  /// The resources of each file of the last load that succeeded.
  private var declared: [String: [ResourceID]] = [:]

  /// - Parameter allowsEmpty: whether manifests without a resource remove everything, instead of being an
  ///   error.
  package init(_ platform: Platform, paths: [String], allowsEmpty: Bool) {
    self.platform = platform
    self.paths = paths
    self.allowsEmpty = allowsEmpty
    watch = ManifestWatch(paths: paths)
  }

  package mutating func load() throws(OperationError) -> LoadedManifests {
    let loaded = try platform.load(paths, reusing: &cache)
      .requiringResources(unless: allowsEmpty, at: paths, areLocal: true)
    let found = Dictionary(grouping: loaded.desired.resources) { $0.location?.file ?? "" }
      .mapValues { $0.map(\.id) }
    try refuseEmptied(found)
    declared = found
    return loaded
  }

  /// Refuses a file that held resources and has no manifest now, for example because an editor is writing it:
  /// a resource leaves with its file, or when the other manifests of its file stay.
  private func refuseEmptied(_ found: [String: [ResourceID]]) throws(OperationError) {
    let remaining = Set(found.values.joined())
    for (file, ids) in declared.sorted(by: { $0.key < $1.key }) where found[file] == nil && !file.isEmpty {
      let missing = ids.filter { !remaining.contains($0) }
      guard !missing.isEmpty, Files.exists(file) else { continue }
      let names = missing.prefix(3).map(\.description).joined(separator: ", ")
      throw .invalid([
        Diagnostic(
          at: SourceLocation(file: file, line: 0, column: 0),
          "the file held \(names)\(missing.count > 3 ? ", …" : "") and has no manifest now",
          hint: "remove the file to remove \(missing.count == 1 ? "the resource" : "its resources")")
      ])
    }
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
