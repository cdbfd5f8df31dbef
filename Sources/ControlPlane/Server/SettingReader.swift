import Configuration
import Manifests
import Model
import Synchronization

/// Reads settings by name and records each with its source.
struct SettingReader {
  /// A setting that was read.
  struct Line: Sendable {
    let name: String
    /// Redacted for a secret; nil where no source has the setting.
    let value: Value?
    let source: String

    var rendered: String { value.map { "\(name): \($0.json)" } ?? "# \(name):" }
  }

  private let reader: ConfigReader
  private let sources = SettingSources()
  private let secrets: Set<String>
  private let file: String?
  private(set) var lines: [Line] = []

  /// - Parameters:
  ///   - providers: Flags, environment, variables without our prefix, file, defaults.
  ///   - secrets: Names of settings that no line shows.
  init(_ providers: [any ConfigProvider], secrets: Set<String>, file: String?) {
    reader = ConfigReader(providers: providers, accessReporter: sources)
    self.secrets = secrets
    self.file = file
  }

  /// The source of a setting that was read.
  func source(of name: String) -> String {
    switch sources.provider(of: name) {
    case 0: "flag"
    case 1: "environment \(ServerSettings.variable(name))"
    case 2: "environment \(ServerSettings.plainVariables[name] ?? "")"
    case 3: "file \(file ?? "")"
    case 4: "default"
    default: "not set"
    }
  }

  mutating func text(_ name: String) -> String? {
    let isSecret = secrets.contains(name)
    let text = reader.string(forKey: ConfigKey([name]), isSecret: isSecret)
    record(name, text.map { .string(isSecret ? Secret.redactedText : $0) })
    return text
  }

  mutating func texts(_ name: String) -> [String] {
    let texts = reader.stringArray(forKey: ConfigKey([name])) ?? []
    record(name, .array(texts.map(Value.string)))
    return texts
  }

  mutating func parsed<Setting: ManifestValue>(
    _ name: String, as type: Setting.Type
  ) throws(OperationError) -> Setting {
    let text = text(name) ?? ""
    var decoder = ManifestDecoder()
    if let value = Setting.decode(Node(.string(text)), &decoder) { return value }
    throw .usage("\(name) (\(source(of: name))): ‘\(text)’ is not a valid \(Setting.shape.name)")
  }

  private mutating func record(_ name: String, _ value: Value?) {
    lines.append(Line(name: name, value: value, source: source(of: name)))
  }
}

/// Records which provider answered for each setting.
private final class SettingSources: AccessReporter {
  private let providers = Mutex<[String: Int]>([:])

  func report(_ event: AccessEvent) {
    let index = event.providerResults.firstIndex { (try? $0.result.get())?.value != nil }
    providers.withLock { $0[event.metadata.key.components.joined(separator: ".")] = index }
  }

  func provider(of name: String) -> Int? { providers.withLock { $0[name] } }
}
