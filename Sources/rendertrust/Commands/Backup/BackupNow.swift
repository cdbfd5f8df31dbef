import ArgumentParser
import ControlPlane
import Model
import Reconciling
import Recovery

struct BackupNow: ChangeCommand {
  static let configuration = CommandConfiguration(
    commandName: "now", abstract: "Create a full backup now, regardless of the schedule.")

  @Argument(help: "Policy, as NAME or BackupPolicy/NAME. Optional if there is only one.")
  var policy: String?

  @OptionGroup var scope: LocalEnvironmentOptions

  func run() async throws {
    try await StateSession.open(scope.state) { state in
      let environment = try await state.environments.resolve(scope.environment.environment)
      let policy = try await policy(in: environment, of: state.store)
      do throws(BackendError) {
        let backup = try await BackupService(state).backUpNow(policy, in: environment)
        Output.success(
          "\(policy.id)  backup \(backup.label), \(backup.size.readable) in the repository, "
            + "in \(backup.duration.elapsed)")
      } catch {
        throw CommandFailure.failed("\(policy.id): \(error)")
      }
    }
  }

  private func policy(
    in environment: String, of store: any StateStore
  ) async throws -> Resource<BackupPolicySpec> {
    let inventory = try await store.inventory(of: environment, knowing: [])
    let policies = inventory.values.compactMap { $0.resource.typed(as: BackupPolicySpec.self) }
      .sorted { $0.id < $1.id }
    if policy == nil, policies.count == 1 { return policies[0] }
    if let named = policies.first(where: { $0.id.name == policy || $0.id.description == policy }) {
      return named
    }
    let names = policies.map(\.id.description).joined(separator: ", ")
    throw CommandFailure.usage(
      names.isEmpty
        ? "no BackupPolicy is applied in \(environment)" : "name one of the policies: \(names)")
  }
}
