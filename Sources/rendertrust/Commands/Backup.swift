import ArgumentParser
import ControlPlane
import Model
import Reconciling
import Recovery

struct Backup: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Back up what a policy covers.", subcommands: [BackupNow.self])
}

struct BackupNow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "now", abstract: "Make a full backup at once, whatever the schedule says.")

  @Argument(help: "The policy, as its name or BackupPolicy/name; the only one where it is left out.")
  var policy: String?

  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var state: StateOptions

  func run() async throws {
    try await Session.open(state) { session in
      let environment = try session.environment(environment)
      let inventory = try await session.store.inventory(of: environment, knowing: [])
      let policies = inventory.values.compactMap { $0.resource.typed(as: BackupPolicySpec.self) }
        .sorted { $0.id < $1.id }
      guard
        let chosen = policy == nil && policies.count == 1 ? policies.first : policies.first(where: matches)
      else {
        let names = policies.map(\.id.description).joined(separator: ", ")
        throw CommandFailure.usage(
          names.isEmpty ? "no BackupPolicy is applied in \(environment)" : "say which policy: \(names)")
      }
      do throws(BackendError) {
        let done = try await session.backUpNow(chosen, in: environment)
        Output.print(
          "\(Output.style.green("✓")) \(chosen.id)  backup \(done.label), \(done.size.readable) in the repository, in \(done.duration.elapsed)"
        )
      } catch {
        throw CommandFailure.failed("\(chosen.id): \(error)")
      }
    }
  }

  private func matches(_ resource: Resource<BackupPolicySpec>) -> Bool {
    resource.id.name == policy || resource.id.description == policy
  }
}
