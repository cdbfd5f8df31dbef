import Manifests
package import Model

/// Manifests without a resource. A wrong path and a folder that is being written look like a wish to remove
/// everything, so that they are refused unless the caller allows them.
extension LoadedManifests {
  /// - Parameters:
  ///   - paths: where the manifests were read from, for the error.
  ///   - areLocal: whether the paths are those of this machine; the error then names manifests nearby.
  /// - Returns: these manifests.
  package func requiringResources(
    unless isEmptyAllowed: Bool, at paths: [String], areLocal: Bool
  ) throws(OperationError) -> LoadedManifests {
    guard desired.resources.isEmpty, !isEmptyAllowed else { return self }
    throw .noResources(at: paths, areLocal: areLocal)
  }
}

extension OperationError {
  /// No resource is declared at these paths.
  package static func noResources(at paths: [String], areLocal: Bool) -> OperationError {
    let places = paths.isEmpty ? [nil] : paths.map(Optional.some)
    return .invalid(
      places.map { path in
        Diagnostic(
          at: path.map { SourceLocation(file: $0, line: 0, column: 0) }, "no resources were found",
          hint: path.flatMap { areLocal ? NearMisses.hint(below: $0) : nil }
            ?? "write a manifest, or pass --allow-empty if nothing is to exist")
      })
  }
}

extension DesiredState {
  /// Whether a manifest names the environment.
  private var namesEnvironment: Bool { resources.contains { $0.spec is any EnvironmentProviding } }

  /// Refuses manifests that name no environment where the state has environments with names: they would
  /// become those of a further environment, `default`, and change nothing of the one that was meant.
  package func requireKnownEnvironment(in directory: EnvironmentDirectory) async throws {
    guard !namesEnvironment else { return }
    let known = try await directory.all()
    guard !known.isEmpty, !known.contains(environment) else { return }
    throw OperationError.usage(
      "no manifest names an environment, and the state has \(known.joined(separator: ", ")); "
        + "add a manifest of kind Environment")
  }
}
