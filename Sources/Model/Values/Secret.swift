/// A value that must never be printed, logged, stored or compared in a plan.
///
/// Every textual form is `‹redacted›`. Only backends and drivers call `reveal()`, at the last moment.
package struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  private let value: String

  package init(_ value: String) { self.value = value }

  package func reveal() -> String { value }
  package var isEmpty: Bool { value.isEmpty }

  package static let redactedText = "‹redacted›"
  package var description: String { Secret.redactedText }
  package var debugDescription: String { Secret.redactedText }
  package var customMirror: Mirror { Mirror(self, children: []) }
}

/// The location of a secret. The reference may be printed, the secret must not.
package enum SecretReference: Hashable, Sendable, Codable, CustomStringConvertible {
  /// An environment variable of the controller's process.
  case environment(String)
  /// A file that the controller can read. One trailing line feed is removed.
  case file(String)
  /// A `Secret` resource.
  case secret(ResourceID)

  package var description: String {
    switch self {
    case .environment(let name): "env \(name)"
    case .file(let path): "file \(path)"
    case .secret(let id): id.description
    }
  }
}
