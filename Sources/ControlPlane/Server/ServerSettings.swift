import Configuration
package import Gateway
import Manifests
package import Model
import Planning
import Synchronization

/// The effective settings of a server. Precedence: flags, environment, file, defaults.
package struct ServerSettings: Sendable {
  /// The settings of the command line, by name.
  package struct Flags {
    package var manifests: [String]
    package var texts: [String: String]
    /// The value of `--config`; nil without it.
    package var file: String?

    package init(manifests: [String] = [], texts: [String: String] = [:], file: String? = nil) {
      self.manifests = manifests
      self.texts = texts
      self.file = file
    }
  }

  package let manifests: [String]
  package let state: String
  package let database: Secret?
  package let listen: ListenAddress
  package let api: APISettings
  package let resync: TimeSpan
  package let drain: TimeSpan
  package let liveness: TimeSpan
  package let logFormat: LogFormat
  package let logLevel: LogLevel
  package let stripe: StripeSettings
  /// Variables with the prefix of settings that are not settings.
  package let unknownVariables: [String]
  private let lines: [Line]

  /// The effective value of one setting, and its source.
  private struct Line: Sendable {
    let name: String
    let value: Value?
    let source: String

    var rendered: String { value.map { "\(name): \($0.json)" } ?? "# \(name):" }
  }

  /// Less than the ten seconds after which service managers kill a process.
  private static let maxDrain = TimeSpan(seconds: 9)
  private static let names = [
    "manifests", "state", "database", "listen", "apiListen", "apiPlain", "apiRate", "accessLog",
    "tlsCertificate", "tlsKey", "resync", "drain", "liveness", "logFormat", "logLevel",
    "stripeWebhookSecrets", "stripeSecret", "stripeAddress", "stripeMode",
  ]
  private static let secrets: Set<String> = ["database", "stripeWebhookSecrets", "stripeSecret"]
  /// Variables without the prefix, which have a lower precedence.
  package static let plainVariables = [
    "stripeWebhookSecrets": "STRIPE_WEBHOOK_SECRET", "stripeSecret": "STRIPE_SECRET",
  ]

  /// - Throws: usage failures that name the flag, the variable or the line of the file.
  package init(_ flags: Flags, environment: [String: String]) throws(OperationError) {
    let path = flags.file ?? environment["RENDERTRUST_CONFIG"]
    let file = try path.map { path throws(OperationError) in try ServerSettings.read(path) } ?? [:]
    let sources = SettingSources()
    let reader = ConfigReader(
      providers: [
        InMemoryProvider(name: "flags", values: ServerSettings.values(flags)),
        EnvironmentVariablesProvider(
          environmentVariables: environment.filter { !$0.value.isEmpty },
          secretsSpecifier: .dynamic { key, _ in
            ServerSettings.secrets.contains { ServerSettings.variable($0) == key }
          }
        ).prefixKeys(with: "rendertrust"),
        InMemoryProvider(name: "plain variables", values: ServerSettings.plain(environment)),
        InMemoryProvider(name: "file", values: file),
        InMemoryProvider(
          name: "defaults", values: ServerSettings.values(Flags(texts: ServerFile.defaults))),
      ], accessReporter: sources)
    var lines: [Line] = []
    func source(of name: String) -> String {
      switch sources.provider(of: name) {
      case 0: "flag"
      case 1: "environment \(ServerSettings.variable(name))"
      case 2: "environment \(ServerSettings.plainVariables[name] ?? "")"
      case 3: "file \(path ?? "")"
      case 4: "default"
      default: "not set"
      }
    }
    func text(_ name: String) -> String? {
      let isSecret = ServerSettings.secrets.contains(name)
      let text = reader.string(forKey: ConfigKey([name]), isSecret: isSecret)
      lines.append(
        Line(
          name: name, value: text.map { .string(isSecret ? Secret.redactedText : $0) },
          source: source(of: name)))
      return text
    }
    func parsed<Setting: ManifestValue>(_ name: String, as type: Setting.Type) throws(OperationError)
      -> Setting
    {
      let text = text(name) ?? ""
      var decoder = ManifestDecoder()
      if let value = Setting.decode(Node(.string(text)), &decoder) { return value }
      throw .usage("\(name) (\(source(of: name))): ‘\(text)’ is not a valid \(Setting.shape.name)")
    }
    manifests = reader.stringArray(forKey: "manifests") ?? []
    lines.append(
      Line(name: "manifests", value: .array(manifests.map(Value.string)), source: source(of: "manifests")))
    state = text("state") ?? ""
    database = text("database").map { Secret($0) }
    listen = try parsed("listen", as: ListenAddress.self)
    api = try APISettings(
      address: try parsed("apiListen", as: ListenAddress.self), certificate: text("tlsCertificate"),
      key: text("tlsKey"), plain: try parsed("apiPlain", as: PlainChoice.self),
      rate: try parsed("apiRate", as: RequestRate.self),
      accessLog: try parsed("accessLog", as: AccessLogChoice.self), source: source)
    resync = try parsed("resync", as: TimeSpan.self)
    drain = try parsed("drain", as: TimeSpan.self)
    liveness = try parsed("liveness", as: TimeSpan.self)
    logFormat = try parsed("logFormat", as: LogFormat.self)
    logLevel = try parsed("logLevel", as: LogLevel.self)
    stripe = try StripeSettings(
      secrets: text("stripeWebhookSecrets"), key: text("stripeSecret"), address: text("stripeAddress") ?? "",
      mode: text("stripeMode"), source: source)
    self.lines = lines
    let known = Set(ServerSettings.names.map(ServerSettings.variable)).union(["RENDERTRUST_CONFIG"])
    unknownVariables = environment.keys.filter { $0.hasPrefix("RENDERTRUST_") && !known.contains($0) }
      .sorted()
    guard drain <= ServerSettings.maxDrain else {
      throw .usage("drain (\(source(of: "drain"))): \(drain) is longer than \(ServerSettings.maxDrain)")
    }
    guard resync.milliseconds > 0, liveness.milliseconds >= 1000 else {
      throw .usage("resync must be above 0 and liveness at least 1s")
    }
  }

  /// `logFormat` → `RENDERTRUST_LOG_FORMAT`
  package static func variable(_ name: String) -> String {
    "RENDERTRUST_" + name.map { $0.isUppercase ? "_\($0)" : $0.uppercased() }.joined()
  }

  private static func values(_ flags: Flags) -> [AbsoluteConfigKey: ConfigValue] {
    var values: [AbsoluteConfigKey: ConfigValue] = [:]
    for (name, text) in flags.texts {
      values[AbsoluteConfigKey([name])] = ConfigValue(.string(text), isSecret: secrets.contains(name))
    }
    if !flags.manifests.isEmpty {
      values[AbsoluteConfigKey(["manifests"])] = ConfigValue(.stringArray(flags.manifests), isSecret: false)
    }
    return values
  }

  private static func plain(_ environment: [String: String]) -> [AbsoluteConfigKey: ConfigValue] {
    var values: [AbsoluteConfigKey: ConfigValue] = [:]
    for (name, variable) in plainVariables {
      guard let text = environment[variable], !text.isEmpty else { continue }
      values[AbsoluteConfigKey([name])] = ConfigValue(.string(text), isSecret: true)
    }
    return values
  }

  private static func read(_ path: String) throws(OperationError) -> [AbsoluteConfigKey: ConfigValue] {
    let settings: ServerFile
    switch SettingsFile.read(path, as: ServerFile.self) {
    case .success(let read): settings = read
    case .failure(let problem):
      throw OperationError(.usage, "invalid settings", diagnostics: problem.diagnostics)
    }
    var flags = Flags()
    guard case .object(let members)? = settings.manifestValue else { return [:] }
    for member in members {
      if case .array(let elements) = member.value {
        flags.manifests = elements.map(\.plainText)
      } else {
        flags.texts[member.key] = member.value.plainText
      }
    }
    return values(flags)
  }

  /// The effective settings as a settings file, with the source of each. Omits secrets.
  package var text: String {
    let width = lines.map { $0.rendered.count }.max() ?? 0
    return lines.map { line in
      line.rendered + String(repeating: " ", count: width - line.rendered.count) + "  # \(line.source)\n"
    }.joined()
  }
}

/// Records the provider of each setting.
private final class SettingSources: AccessReporter {
  private let providers = Mutex<[String: Int]>([:])

  func report(_ event: AccessEvent) {
    let index = event.providerResults.firstIndex { (try? $0.result.get())?.value != nil }
    providers.withLock { $0[event.metadata.key.components.joined(separator: ".")] = index }
  }

  func provider(of name: String) -> Int? { providers.withLock { $0[name] } }
}

extension ServerSettings {
  package var location: StateLocation { StateLocation(folder: state, database: database) }
}
