import ArgumentParser
import Billing
import ControlPlane
import Gateway
import Logging
import Model
import Reconciling

struct Server: ChangeCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run the controller as a service.",
    discussion: """
      Keeps an environment converged like ‘up’. Logs JSON lines to standard output, serves /metrics, \
      /healthz and /readyz, and notifies systemd. SIGTERM waits for running steps and exits with 0; SIGHUP \
      reloads the manifests.

      Precedence of settings: flag, environment variable such as RENDERTRUST_LOG_FORMAT, file of --config or \
      RENDERTRUST_CONFIG, default. --print-config shows each value and its source.
      """)

  @Argument(help: "Files and folders with manifests. A folder overlays its sibling ‘base’.")
  var manifests: [String] = []

  @Option(name: .long, help: ArgumentHelp("Settings file, YAML or JSON.", valueName: "file"))
  var config: String?

  @Option(
    name: .long, help: ArgumentHelp("State folder (.rendertrust).", valueName: "dir"))
  var state: String?

  @Option(name: .long, help: ArgumentHelp("PostgreSQL database of the state.", valueName: "url"))
  var database: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Address of metrics and health: host:port or unix:///path (127.0.0.1:9464).", valueName: "address"))
  var listen: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Address of the API: host:port or unix:///path (127.0.0.1:9465).", valueName: "address"))
  var apiListen: String?

  @Option(
    name: .long, help: "API without TLS on other addresses than loopback: refused or allowed (refused).")
  var apiPlain: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Rate limit of each token: 500/s or unlimited.", valueName: "rate"))
  var apiRate: String?

  @Option(name: .long, help: "Log each API request: on or off (on).")
  var accessLog: String?

  @Option(name: .long, help: ArgumentHelp("TLS certificate of the API, PEM.", valueName: "file"))
  var tlsCertificate: String?

  @Option(name: .long, help: ArgumentHelp("Private key of the certificate, PEM.", valueName: "file"))
  var tlsKey: String?

  @Option(name: .long, help: ArgumentHelp("Interval between full observations (30s).", valueName: "time"))
  var resync: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Time for which a resource with data must stay absent before it is removed (30s).", valueName: "time"))
  var quietPeriod: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Time for running steps after SIGTERM (8s, at most 9s).", valueName: "time")
  )
  var drain: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Time without progress after which /healthz fails (30s).", valueName: "time"))
  var liveness: String?

  @OptionGroup var empty: EmptyOption

  @Option(name: .long, help: "Log format: json or text (json).")
  var logFormat: String?

  @Option(name: .long, help: "Minimum log level: debug, info, warning or error (info).")
  var logLevel: String?

  @Flag(name: .long, help: "Print the settings with their sources and exit.")
  var printConfig = false

  @Flag(name: .long, help: .hidden)
  var reference = false

  private var flags: ServerSettings.Flags {
    let texts = [
      "state": state, "database": database, "listen": listen, "apiListen": apiListen,
      "apiPlain": apiPlain, "apiRate": apiRate, "accessLog": accessLog, "tlsCertificate": tlsCertificate,
      "tlsKey": tlsKey, "resync": resync, "quietPeriod": quietPeriod, "drain": drain, "liveness": liveness,
      "emptyManifests": empty.allowEmpty ? "allowed" : nil, "logFormat": logFormat, "logLevel": logLevel,
    ]
    return ServerSettings.Flags(manifests: manifests, texts: texts.compactMapValues { $0 }, file: config)
  }

  func run() async throws {
    if reference { return Output.write(ServerReference.text) }
    let environment = Environment.all
    let settings = try ServerSettings(flags, environment: environment)
    if printConfig { return Output.write(settings.text) }
    guard !settings.manifests.isEmpty else {
      throw CommandFailure.usage(
        "no manifests: name them as arguments, in RENDERTRUST_MANIFESTS or in the settings file")
    }
    let time = TimeSource.real
    let log = ServerLog()
    let logger = Logger(label: "rendertrust") { _ in
      ServerLogHandler(
        logLevel: Logger.Level(settings.logLevel), format: settings.logFormat, time: time,
        write: { _ = log.write($0) })
    }
    for variable in settings.unknownVariables {
      logger.warning("unknown variable", metadata: ["variable": .string(variable)])
    }
    var source = ManifestSource(
      try Platform.schemasOnly(), paths: settings.manifests,
      allowsEmpty: settings.emptyManifests == .allowed)
    let loaded = try source.load()
    loaded.warnings.report()
    let desired = loaded.desired
    try EnvironmentPrices.refuseConflicts(in: desired)
    if settings.stripe.isEnabled {
      try BillingDatabaseName.refuseSeparateDatabases(in: desired)
    }
    let metrics = ControllerMetrics(
      environment: desired.environment, version: Version.text, now: time.now, logErrors: { log.lostLines })
    let reporter = ServerReporter(logger, next: metrics.handler) { $0.report() }
    try await StateSession.open(settings.location, reporter: reporter) { [source] state in
      try await desired.requireKnownEnvironment(in: state.environments)
      let loop = ServerLoop(
        settings, desired, source, state, metrics: metrics, logger: logger,
        manager: ServiceManager(environment: environment), write: log.write)
      try await loop.run()
    }
  }
}
