import Configuration
package import Gateway
import Manifests
package import Model

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
  package let quietPeriod: TimeSpan
  package let drain: TimeSpan
  package let liveness: TimeSpan
  package let emptyManifests: EmptyManifestsChoice
  package let logFormat: LogFormat
  package let logLevel: LogLevel
  package let stripe: StripeSettings
  /// Variables with the prefix of settings that are not settings.
  package let unknownVariables: [String]
  private let lines: [SettingReader.Line]

  /// Less than the ten seconds after which service managers kill a process.
  private static let maxDrain = TimeSpan(seconds: 9)
  private static let secrets: Set<String> = ["database", "stripeWebhookSecrets", "stripeSecret"]
  /// Variables without the prefix, which have a lower precedence.
  package static let plainVariables = [
    "stripeWebhookSecrets": "STRIPE_WEBHOOK_SECRET", "stripeSecret": "STRIPE_SECRET",
  ]

  /// - Throws: usage failures that name the flag, the variable or the line of the file.
  package init(_ flags: Flags, environment: [String: String]) throws(OperationError) {
    let path = flags.file ?? environment["RENDERTRUST_CONFIG"]
    var settings = SettingReader(
      try ServerSettings.providers(flags, environment, file: path), secrets: ServerSettings.secrets,
      file: path)
    manifests = settings.texts("manifests")
    state = settings.text("state") ?? ""
    database = settings.text("database").map { Secret($0) }
    listen = try settings.parsed("listen", as: ListenAddress.self)
    api = try APISettings(
      address: try settings.parsed("apiListen", as: ListenAddress.self),
      certificate: settings.text("tlsCertificate"), key: settings.text("tlsKey"),
      plain: try settings.parsed("apiPlain", as: PlainChoice.self),
      rate: try settings.parsed("apiRate", as: RequestRate.self),
      accessLog: try settings.parsed("accessLog", as: AccessLogChoice.self), source: settings.source(of:))
    resync = try settings.parsed("resync", as: TimeSpan.self)
    quietPeriod = try settings.parsed("quietPeriod", as: TimeSpan.self)
    drain = try settings.parsed("drain", as: TimeSpan.self)
    liveness = try settings.parsed("liveness", as: TimeSpan.self)
    emptyManifests = try settings.parsed("emptyManifests", as: EmptyManifestsChoice.self)
    logFormat = try settings.parsed("logFormat", as: LogFormat.self)
    logLevel = try settings.parsed("logLevel", as: LogLevel.self)
    stripe = try StripeSettings(
      secrets: settings.text("stripeWebhookSecrets"), key: settings.text("stripeSecret"),
      address: settings.text("stripeAddress") ?? "", mode: settings.text("stripeMode"),
      source: settings.source(of:))
    lines = settings.lines
    let known = Set(settings.lines.map { ServerSettings.variable($0.name) }).union(["RENDERTRUST_CONFIG"])
    unknownVariables = environment.keys.filter { $0.hasPrefix("RENDERTRUST_") && !known.contains($0) }
      .sorted()
    guard drain <= ServerSettings.maxDrain else {
      throw .usage(
        "drain (\(settings.source(of: "drain"))): \(drain) is longer than \(ServerSettings.maxDrain)")
    }
    guard resync.milliseconds > 0, liveness.milliseconds >= 1000 else {
      throw .usage("resync must be above 0 and liveness at least 1s")
    }
  }

  /// The sources of settings; the first that has a setting counts. `SettingReader.source` names them by
  /// index.
  private static func providers(
    _ flags: Flags, _ environment: [String: String], file: String?
  ) throws(OperationError) -> [any ConfigProvider] {
    let file = try file.map { path throws(OperationError) in try read(path) } ?? [:]
    return [
      InMemoryProvider(name: "flags", values: values(flags)),
      EnvironmentVariablesProvider(
        environmentVariables: environment.filter { !$0.value.isEmpty },
        secretsSpecifier: .dynamic { key, _ in secrets.contains { variable($0) == key } }
      ).prefixKeys(with: "rendertrust"),
      InMemoryProvider(name: "plain variables", values: plain(environment)),
      InMemoryProvider(name: "file", values: file),
      InMemoryProvider(name: "defaults", values: values(Flags(texts: ServerFile.defaults))),
    ]
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

extension ServerSettings {
  package var location: StateLocation { StateLocation(folder: state, database: database) }
}
