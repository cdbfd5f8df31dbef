import ArgumentParser
import Billing
import ControlPlane
import Manifests
import Model
import Reconciling

struct Up: ChangeCommand {
  static let configuration = CommandConfiguration(
    abstract: "Apply manifests and keep the environment converged.",
    discussion: """
      Watches the manifests and the container engines, and corrects drift: within seconds for engine events, \
      otherwise at the next resync. Resources that leave the manifests are removed after the quiet period, \
      and stay if the manifests declare them again before. Ctrl-C waits for running steps and exits.
      """)

  @OptionGroup var manifests: ManifestArguments
  @OptionGroup var empty: EmptyOption
  @OptionGroup var state: StateOptions

  @Option(
    name: .long,
    help: ArgumentHelp("Interval between full observations, such as 30s or 5m.", valueName: "time"))
  var resync = "30s"

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Time for which a resource with data must stay absent before it is removed.",
      discussion: "Other removals wait 2s at most. 0s: no wait.", valueName: "time"))
  var quietPeriod = "30s"

  @Flag(name: .long, help: "Exit when every resource is ready; exit with 1 if --within expires first.")
  var untilReady = false

  @Option(name: .long, help: ArgumentHelp("Timeout of --until-ready.", valueName: "time"))
  var within = "10m"

  func run() async throws {
    let resync = try TimeSpan.option("--resync", resync)
    let quietPeriod = try TimeSpan.option("--quiet-period", quietPeriod, isZeroAllowed: true)
    let within = try TimeSpan.option("--within", within)
    var source = ManifestSource(
      try Platform.schemasOnly(), paths: manifests.paths, allowsEmpty: empty.allowEmpty)
    let loaded = try source.load()
    loaded.warnings.report()
    let desired = loaded.desired
    try EnvironmentPrices.refuseConflicts(in: desired)
    try await StateSession.open(state, showsPlan: true) { [source] state in
      try await desired.requireKnownEnvironment(in: state.environments)
      let loop = WatchLoop(
        state, source, resync: resync, quietPeriod: quietPeriod, replica: .current("up"))
      try await loop.run(
        from: desired, jobs: JobControl(state, desired.environment),
        readyTimeout: untilReady ? within : nil)
    }
  }
}
