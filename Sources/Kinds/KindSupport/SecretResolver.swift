internal import FoundationEssentials
package import Model

/// Why a secret could not be resolved.
package enum SecretErrorCode: String, ProblemCode {
  case unavailable

  package static let domain = "secret"
}

/// Why a secret could not be resolved. Names the secret's location, never its value.
package typealias SecretError = Problem<SecretErrorCode>

/// Resolves secret references at the moment their values are needed.
package struct SecretResolver: Sendable {
  /// Reads a `Secret` resource.
  package typealias Store = @Sendable (ResourceID) async throws(SecretError) -> Secret

  private let environment: [String: String]
  private let store: Store?

  /// - Parameters:
  ///   - environment: the variables of the controller's process.
  ///   - store: without it, references to `Secret` resources are errors.
  package init(environment: [String: String] = ProcessInfo.processInfo.environment, store: Store? = nil) {
    self.environment = environment
    self.store = store
  }

  package func resolve(_ reference: SecretReference) async throws(SecretError) -> Secret {
    switch reference {
    case .environment(let name):
      guard let value = environment[name] else {
        throw SecretError(
          .unavailable, "the environment variable \(name) is not set",
          hint: "set it for the controller's process")
      }
      return Secret(value)
    case .file(let path):
      guard let data = FileManager.default.contents(atPath: path) else {
        throw SecretError(
          .unavailable, "the file \(path) cannot be read",
          hint: "create it and make it readable for the controller's user")
      }
      return Secret(String(decoding: data.last == 0x0A ? data.dropLast() : data, as: UTF8.self))
    case .secret(let id):
      guard let store else {
        throw SecretError(
          .unavailable, "\(id) cannot be read here",
          hint: "use an environment variable or a file")
      }
      return try await store(id)
    }
  }
}
