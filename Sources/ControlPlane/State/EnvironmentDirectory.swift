package import Reconciling

/// The environments of a state: those that have a revision.
package struct EnvironmentDirectory: Sendable {
  private let list: @Sendable () async throws(StoreError) -> [String]

  package init(_ list: @escaping @Sendable () async throws(StoreError) -> [String]) { self.list = list }

  /// Sorted by name.
  package func all() async throws(StoreError) -> [String] { try await list() }

  /// The environment of this name, or the only one.
  /// - Parameter name: nil for the only environment of the state.
  /// - Throws: a usage failure if there is no such environment or the name is ambiguous.
  package func resolve(_ name: String?) async throws -> String {
    let known = try await all()
    if let name {
      guard known.contains(name) else {
        throw OperationError.usage(
          "nothing was applied in an environment ‘\(name)’; the state has "
            + (known.isEmpty ? "no environments" : known.joined(separator: ", ")))
      }
      return name
    }
    guard let only = known.first else {
      throw OperationError.missing("nothing was applied yet: rendertrust apply FOLDER")
    }
    guard known.count == 1 else {
      throw OperationError.usage(
        "name the environment with --environment: \(known.joined(separator: ", "))")
    }
    return only
  }
}
