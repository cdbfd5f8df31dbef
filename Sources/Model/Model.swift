/// The values that all modules share: resources, steps, plans, conditions, revisions and money.
///
/// Entry files: `Resources/Resource.swift`, `Plans/Step.swift`, `Plans/Plan.swift`. Nothing here reads a
/// file, a clock or a network. Every type is `Sendable`, compares by value and prints without secrets. Must
/// not import any module of this package but `COpenSSL`. Tested by tables and round trips in
/// `Tests/ModelTests`.
package enum Model {
  /// The `apiVersion` that every manifest carries.
  package static let apiVersion = "rendertrust.com/v1"
  /// Prefix of the labels and annotations that the platform writes on things it owns.
  package static let labelPrefix = "rendertrust.com"
}
