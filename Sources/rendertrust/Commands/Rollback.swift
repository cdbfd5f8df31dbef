import ArgumentParser
import ControlPlane
import Model
import Planning
import Reconciling

struct Rollback: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make the world match an earlier revision.",
    discussion: """
      A rollback is a plan towards an older revision, and becomes the newest revision itself. The revisions that it \
      leaves are quarantined: ‘up’ does not apply their manifests again, but goes on with the next others. ‘apply’ of \
      such manifests lifts that.
      """)

  @Argument(help: "The revision, as ‘history’ lists it; the one before the newest where it is left out.")
  var revision: Int64?

  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var place: ConnectionOptions
  @OptionGroup var allowances: AllowanceOptions

  func run() async throws {
    switch try place.place() {
    case .here(let state):
      try await Session.open(state, showsPlan: true) { session in
        let order = RollbackOrder(
          environment: try session.environment(environment), revision: revision,
          permissions: Permissions(allowances), author: .here)
        try await session.changing(order.environment, as: "rollback") { session in
          session.progress.summariseLater()
          try print(try await order.carryOut(in: session))
        }
      }
    case .server(let server):
      var body = Permissions(allowances).members
      body["environment"] = environment.environment.map(Value.string)
      body["revision"] = revision.map(Value.integer)
      let voice = LiveProgress(time: .real, showsPlan: true)
      voice.summariseLater()
      let report = try await server.connected { [body] transport in
        try await RemoteChange(server: server.name, transport: transport, voice: voice)
          .follow("/api/v1/rollback", .object(body), in: environment.environment)
      }
      try print(report)
    }
  }

  private func print(_ change: ChangeReport) throws {
    let count = change.left.count
    if count > 0 {
      Output.print(
        "Quarantined: revision\(count == 1 ? "" : "s") \(change.left.map { String($0) }.joined(separator: ", ")). "
          + "‘up’ does not apply \(count == 1 ? "it" : "them") again; ‘apply’ would lift that.")
    }
    try Summary(change.report).report()
  }
}
