package import Model

/// One environment variable of a container.
package struct EnvironmentEntry: Sendable, Equatable, Codable {
  package let name: String
  package let value: EnvironmentValue

  package init(_ name: String, _ value: EnvironmentValue) {
    self.name = name
    self.value = value
  }

  package init(_ name: String, _ text: String) { self.init(name, .plain(text)) }
}

/// The value of a variable: public, a reference or a secret.
///
/// Plans hold `.plain` and `.reference`; a backend turns references into `.secret` right before it creates
/// the container. Encoding a `.secret` fails, so that none reaches a file; creating a container with a
/// `.reference` fails too.
package enum EnvironmentValue: Sendable, Equatable, Codable {
  case plain(String)
  case reference(SecretReference)
  case secret(Secret)

  private enum CodingKeys: String, CodingKey { case plain, reference }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if let text = try container.decodeIfPresent(String.self, forKey: .plain) {
      self = .plain(text)
    } else {
      self = .reference(try container.decode(SecretReference.self, forKey: .reference))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .plain(let text): try container.encode(text, forKey: .plain)
    case .reference(let reference): try container.encode(reference, forKey: .reference)
    case .secret:
      throw EncodingError.invalidValue(
        Secret.redactedText,
        EncodingError.Context(codingPath: encoder.codingPath, debugDescription: "a secret is never written"))
    }
  }

  package static func == (a: EnvironmentValue, b: EnvironmentValue) -> Bool {
    switch (a, b) {
    case (.plain(let a), .plain(let b)): a == b
    case (.reference(let a), .reference(let b)): a == b
    case (.secret(let a), .secret(let b)): a.reveal() == b.reveal()
    default: false
    }
  }
}

extension ContainerConfiguration {
  /// The same entry with its reference resolved.
  package func resolvingSecrets<Failure: Error>(
    _ resolve: (SecretReference) async throws(Failure) -> Secret
  ) async throws(Failure) -> ContainerConfiguration {
    var copy = self
    copy.environment = []
    for entry in environment {
      if case .reference(let reference) = entry.value {
        copy.environment.append(EnvironmentEntry(entry.name, .secret(try await resolve(reference))))
      } else {
        copy.environment.append(entry)
      }
    }
    return copy
  }
}
