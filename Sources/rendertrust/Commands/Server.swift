import ArgumentParser
import Billing
import ControlPlane
import Gateway
import Logging
import Model
import Reconciling

struct Server: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Keep an environment as its manifests say, as a service.",
    discussion: """
      The loop of ‘up’ without a terminal: logs JSON lines to standard output, serves /metrics, /healthz and /readyz, \
      tells systemd how it is doing. SIGTERM finishes steps under way and ends with 0; SIGHUP reads the manifests \
      again.

      Each setting is a flag, else a variable such as RENDERTRUST_LOG_FORMAT, else a line of the file that --config \
      or RENDERTRUST_CONFIG names, else a default; --print-config shows which counts.
      """)

  @Argument(help: "Files and folders with manifests. A folder is laid over its sibling ‘base’.")
  var manifests: [String] = []

  @Option(name: .long, help: ArgumentHelp("A YAML or JSON file with settings.", valueName: "file"))
  var config: String?

  @Option(
    name: .long, help: ArgumentHelp("Folder of the controller's state (.rendertrust).", valueName: "dir"))
  var state: String?

  @Option(name: .long, help: ArgumentHelp("PostgreSQL that holds the state.", valueName: "url"))
  var database: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Where to serve: host:port or unix:///path (127.0.0.1:9464).", valueName: "address"))
  var listen: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Where to serve the API: host:port or unix:///path (127.0.0.1:9465).", valueName: "address"))
  var apiListen: String?

  @Option(
    name: .long, help: "Whether the API may go to other machines without TLS: refused or allowed (refused).")
  var apiPlain: String?

  @Option(
    name: .long,
    help: ArgumentHelp("How many requests a token may make: 500/s or unlimited.", valueName: "rate"))
  var apiRate: String?

  @Option(name: .long, help: "Whether each request of the API is logged: on or off (on).")
  var accessLog: String?

  @Option(name: .long, help: ArgumentHelp("The API's certificate, PEM.", valueName: "file"))
  var tlsCertificate: String?

  @Option(name: .long, help: ArgumentHelp("The private key of that certificate, PEM.", valueName: "file"))
  var tlsKey: String?

  @Option(name: .long, help: ArgumentHelp("How often everything is looked at (30s).", valueName: "time"))
  var resync: String?

  @Option(
    name: .long,
    help: ArgumentHelp("How long steps under way may take after SIGTERM (8s, at most 9s).", valueName: "time")
  )
  var drain: String?

  @Option(
    name: .long,
    help: ArgumentHelp("How long the loop may stand still before /healthz says so (30s).", valueName: "time"))
  var liveness: String?

  @Option(name: .long, help: "How to log: json or text (json).")
  var logFormat: String?

  @Option(name: .long, help: "The least important lines to log: debug, info, warning or error (info).")
  var logLevel: String?

  @Flag(name: .long, help: "Show which settings count and where each comes from, and end.")
  var printConfig = false

  @Flag(name: .long, help: .hidden)
  var reference = false

  private var flags: ServerSettings.Flags {
    let texts = [
      "state": state, "database": database, "listen": listen, "apiListen": apiListen,
      "apiPlain": apiPlain, "apiRate": apiRate, "accessLog": accessLog, "tlsCertificate": tlsCertificate,
      "tlsKey": tlsKey, "resync": resync, "drain": drain,
      "liveness": liveness, "logFormat": logFormat, "logLevel": logLevel,
    ]
    return ServerSettings.Flags(manifests: manifests, texts: texts.compactMapValues { $0 }, file: config)
  }

  func run() async throws {
    if reference { return Output.write(ServerReference.text) }
    let environment = Environment.all
    let settings = try ServerSettings(flags, environment: environment)
    if printConfig { return Output.write(settings.text) }
    guard !settings.manifests.isEmpty else {
      throw CommandFailure.usage("say which manifests: as arguments, in RENDERTRUST_MANIFESTS or in the file")
    }
    let time = TimeSource.real
    let logger = Logger(label: "rendertrust") { _ in
      ServerLogHandler(
        logLevel: Logger.Level(settings.logLevel), format: settings.logFormat, time: time, write: Output.print)
    }
    for variable in settings.unknownVariables { logger.warning("\(variable) is no setting and is ignored") }
    let platform = try Platform.schemasOnly()
    let watch = ManifestWatch(paths: settings.manifests)
    let desired = try platform.desiredState(at: settings.manifests)
    try EnvironmentPrices.refuseConflicts(in: desired)
    if settings.stripe.isOn { try BillingDatabaseName.refuseApart(in: desired) }
    let metrics = ControllerMetrics(environment: desired.environment, version: Version.text, now: time.now)
    let reporter = ServerReporter(logger, next: metrics.handler) { $0.report() }
    try await Session.open(settings.location, reporter: reporter) { session in
      let loop = ServerLoop(
        settings, session, schemas: platform, metrics: metrics, logger: logger,
        manager: ServiceManager(environment: environment), watch: watch, write: Output.print)
      try await loop.run(from: desired)
    }
  }
}
