import ArgumentParser
import Model
import Reconciling

struct Leases: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show who works on an environment, and on which part of it.",
    discussion: """
      Controllers that share an environment hold leases of its key ranges. A lease ends when its holder is not heard \
      from; what it writes afterwards is refused, because whoever takes the range over raises its token.
      """)

  @OptionGroup var environment: EnvironmentOption
  @OptionGroup var state: StateOptions

  @Option(name: .shortAndLong, help: "How to print: text or json.")
  var output = OutputFormat.text

  func run() async throws {
    try await Session.open(state) { session in
      let environment = try session.environment(environment)
      let (table, now) = try await session.store.leases(of: environment)
      if output == .json {
        Output.write(table.value(now: now).prettyJSON)
        return
      }
      guard !table.seats.isEmpty else { return Output.write("Nobody works on \(environment).\n") }
      Output.write(
        text(of: table, now: now).text(width: Output.width) { cell, row, _ in
          row == 0 ? Output.style.dim(cell) : cell
        })
    }
  }

  private func text(of table: LeaseTable, now: Timestamp) -> Table {
    var text = Table(["REPLICA", "HOST", "LEADS", "RANGES", "TOKENS", "ENDS IN"])
    for seat in table.inOrder {
      let name = seat.replica.name
      let ranges = KeyRange.all.filter { table[$0].holder == name }
      let tokens = ranges.map { table[$0].token }
      text.add([
        name, seat.replica.host.isEmpty ? "–" : seat.replica.host,
        ranges.first == .first ? "yes" : seat.replica.isExclusive && ranges.isEmpty ? "waits" : "no",
        ranges.isEmpty ? "–" : ranges.text,
        tokens.min().map { least in
          let most = tokens.max() ?? least
          return least == most ? "\(least)" : "\(least)–\(most)"
        } ?? "–",
        seat.expiresAt > now ? (seat.expiresAt - now).elapsed : "not heard from",
      ])
    }
    return text
  }
}

extension LeaseTable {
  fileprivate func value(now: Timestamp) -> Value {
    .members([
      "now": .string(now.description),
      "replicas": .array(
        inOrder.map { seat in
          .members([
            "name": .string(seat.replica.name), "role": .string(seat.replica.role),
            "host": .string(seat.replica.host), "exclusive": .bool(seat.replica.isExclusive),
            "leads": .bool(self[.first].holder == seat.replica.name),
            "expiresAt": .string(seat.expiresAt.description),
          ])
        }),
      "leases": .array(
        KeyRange.all.map { range in
          .members([
            "range": .integer(Int64(range.number)), "holder": self[range].holder.map { .string($0) },
            "token": .integer(self[range].token), "since": .string(self[range].since.description),
          ])
        }),
    ])
  }
}
