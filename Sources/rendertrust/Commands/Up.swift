import ArgumentParser
import Billing
import ControlPlane
import Manifests
import Model
import Reconciling

struct Up: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Apply manifests and keep the environment converged.",
    discussion: """
      Watches the manifests and the container engines, and corrects drift: within seconds for engine events, \
      otherwise at the next resync. Ctrl-C waits for running steps and exits.
      """)

  @OptionGroup var manifests: ManifestArguments
  @OptionGroup var state: StateOptions

  @Option(
    name: .long,
    help: ArgumentHelp("Interval between full observations, such as 30s or 5m.", valueName: "time"))
  var resync = "30s"

  @Flag(name: .long, help: "Exit when every resource is ready; exit with 1 if --within expires first.")
  var untilReady = false

  @Option(name: .long, help: ArgumentHelp("Timeout of --until-ready.", valueName: "time"))
  var within = "10m"

  func run() async throws {
    let resync = try TimeSpan.option("--resync", resync)
    let within = try TimeSpan.option("--within", within)
    var source = ManifestSource(try Platform.schemasOnly(), paths: manifests.paths)
    let loaded = try source.load()
    loaded.warnings.report()
    let desired = loaded.desired
    try EnvironmentPrices.refuseConflicts(in: desired)
    try await StateSession.open(state, showsPlan: true) { [source] state in
      let loop = WatchLoop(state, source, resync: resync, replica: .current("up"))
      try await loop.run(
        from: desired, jobs: JobControl(state, desired.environment),
        readyTimeout: untilReady ? within : nil)
    }
  }
}
