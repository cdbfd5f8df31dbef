import ArgumentParser
import ControlPlane
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
  @OptionGroup var place: ConnectionOptions

  @Option(name: .shortAndLong, help: "How to print: text or json.")
  var output = OutputFormat.text

  func run() async throws {
    let answer = try await place.ask(LeasesQuery(environment: environment.environment))
    let (table, now) = (answer.table, answer.now)
    if output == .json {
      Output.write(table.value(now: now).prettyJSON)
      return
    }
    guard !table.seats.isEmpty else { return Output.write("Nobody works on \(answer.environment).\n") }
    Output.write(
      text(of: table, now: now).text(width: Output.width) { cell, row, _ in
        row == 0 ? Output.style.dim(cell) : cell
      })
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
