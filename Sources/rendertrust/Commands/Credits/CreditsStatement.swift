import ArgumentParser
import ControlPlane
import Ledger
import Manifests
import Model
import Reconciling

struct CreditsStatement: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "statement", abstract: "What happened on an account in a month.",
    discussion:
      "With -o html, a page to print: an invoice for creators, earnings for node owners and developers.")

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json, html }

  @Argument(help: "Whose.")
  var account: String

  @Option(
    name: .long, help: ArgumentHelp("Such as 2026-11; this month where it is left out.", valueName: "month"))
  var month: CalendarMonth?

  @OptionGroup var books: LedgerQueryOptions

  @Option(name: .shortAndLong, help: "How to print.")
  var output = Format.text

  func run() async throws {
    let answer = try await books.place.ask(
      StatementQuery(books.query, account: account, month: month))
    switch output {
    case .json: Output.write(answer.statement.value.prettyJSON)
    case .html:
      let page = StatementPage(
        answer.statement, creditWorth: answer.creditWorth, span: answer.month, madeAt: answer.now)
      Output.write(page.html)
    case .text: print(answer.statement, answer.month)
    }
  }

  private func print(_ statement: AccountStatement, _ month: String) {
    let style = Output.style
    Output.print(
      "\(style.bold(statement.account)), \(statement.kind.rawValue.replacing("_", with: " ")), \(month)\n"
    )
    var table = Table(["TIME", "WHAT", "WITH", "CREDITS", "BALANCE", "JOB"])
    table.add(["", "before", "", "", statement.opening.description, ""])
    for line in statement.lines {
      let time = line.at.description
      table.add([
        "\(time.prefix(10)) \(time.dropFirst(11).prefix(8))", line.type, line.other,
        line.amount.micro > 0 ? "+\(line.amount)" : line.amount.description, line.balance.description,
        line.job,
      ])
    }
    Output.write(
      table.text(width: Output.width) { cell, row, column in
        if row == 0 || row == 1 { return style.dim(cell) }
        return column == 3 && cell.hasPrefix("+") ? style.green(cell) : cell
      })
    let totals = statement.totals.map { "\($0.type) \($0.amount)" }.joined(separator: ", ")
    Output.print(
      "\n\(statement.lines.count) entr\(statement.lines.count == 1 ? "y" : "ies")\(totals.isEmpty ? "" : ": \(totals)")."
        + " Balance \(statement.closing)\(statement.held.micro > 0 ? ", \(statement.held) held back now" : "")."
    )
  }
}

extension CalendarMonth: ExpressibleByArgument {
  package init?(argument: String) { self.init(argument) }
}
