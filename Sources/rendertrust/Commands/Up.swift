import ArgumentParser
import Billing
import ControlPlane
import Manifests
import Model
import Reconciling

struct Up: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make the world match the manifests, and keep it so.",
    discussion: """
      Watches the manifests, the engines' events and the clock. Whatever drifts is healed: what an engine reports \
      within seconds, everything else at the next resync. Ends with Ctrl-C: steps under way are finished first.
      """)

  @OptionGroup var manifests: ManifestArguments
  @OptionGroup var state: StateOptions

  @Option(
    name: .long,
    help: ArgumentHelp("How often everything is looked at, such as 30s or 5m.", valueName: "time"))
  var resync = "30s"

  @Flag(
    name: .long, help: "End once every resource is ready; exits with 1 when that takes longer than --within.")
  var untilReady = false

  @Option(name: .long, help: ArgumentHelp("How long --until-ready waits.", valueName: "time"))
  var within = "10m"

  func run() async throws {
    let resync = try span(resync, "--resync")
    let within = try span(within, "--within")
    let platform = try Platform.schemasOnly()
    let watch = ManifestWatch(paths: manifests.paths)
    var cache = ManifestCache()
    let loaded = try platform.load(manifests.paths, reusing: &cache)
    loaded.warnings.report()
    let desired = loaded.desired
    try EnvironmentPrices.refuseConflicts(in: desired)
    try await Session.open(state, showsPlan: true) { [cache] session in
      let loop = WatchLoop(
        session: session, schemas: platform, paths: manifests.paths, resync: resync,
        readyWithin: untilReady ? within : nil, watch: watch, cache: cache)
      try await loop.run(from: desired)
    }
  }

  private func span(_ text: String, _ option: String) throws(CommandFailure) -> TimeSpan {
    guard let span = TimeSpan(text), span.milliseconds > 0 else {
      throw .usage("\(option) is a time such as 30s or 5m, not ‘\(text)’")
    }
    return span
  }
}
