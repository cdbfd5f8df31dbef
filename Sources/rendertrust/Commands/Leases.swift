import ArgumentParser
import ControlPlane
import Model
import Reconciling

struct Leases: QueryCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the controllers of an environment and their leases.",
    discussion: """
      Controllers that share an environment hold leases of its key ranges. A lease expires when its holder \
      sends no heartbeat. The next holder raises the fencing token of the range, and later writes with the \
      old token are refused.
      """)

  @OptionGroup var scope: EnvironmentOptions

  @Option(name: .shortAndLong, help: "Output format.")
  var output = DocumentFormat.text

  var connection: ConnectionOptions { scope.connection }

  func query() -> LeasesQuery { LeasesQuery(environment: scope.name) }

  func write(_ answer: LeasesQuery.Answer) {
    output.write(answer.table.value(now: answer.now)) {
      guard !answer.table.memberships.isEmpty else { return "No controller runs on \(answer.environment).\n" }
      return Output.text(of: table(of: answer.table, now: answer.now))
    }
  }

  private func table(of leases: LeaseTable, now: Timestamp) -> Table {
    var table = Table(["REPLICA", "HOST", "LEADER", "RANGES", "TOKENS", "EXPIRES IN"])
    for membership in leases.orderedMemberships {
      let replica = membership.replica
      let ranges = KeyRange.all.filter { leases[$0].holder == replica.name }
      let tokens = ranges.map { leases[$0].token }
      let isWaiting = replica.isExclusive && ranges.isEmpty
      table.add([
        replica.name, replica.host.isEmpty ? "–" : replica.host,
        ranges.first == .first ? "yes" : isWaiting ? "waiting" : "no",
        ranges.isEmpty ? "–" : ranges.text, text(of: tokens),
        membership.expiresAt > now ? (membership.expiresAt - now).elapsed : "expired",
      ])
    }
    return table
  }

  /// `7`, `3–9`; `–` for none.
  private func text(of tokens: [Int64]) -> String {
    guard let min = tokens.min(), let max = tokens.max() else { return "–" }
    return min == max ? "\(min)" : "\(min)–\(max)"
  }
}
