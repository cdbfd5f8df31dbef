import ArgumentParser
import ControlPlane
import Ledger
import Manifests
import Model
import Reconciling

struct CreditsStatement: QueryCommand {
  static let configuration = CommandConfiguration(
    commandName: "statement", abstract: "Show the monthly statement of an account.",
    discussion:
      "-o html writes a printable page: an invoice for creators, earnings for node owners and developers.")

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json, html }

  @Argument(help: "Account name.")
  var account: String

  @Option(name: .long, help: ArgumentHelp("Month, such as 2026-11. Default: this month.", valueName: "month"))
  var month: CalendarMonth?

  @OptionGroup var ledger: LedgerQueryOptions

  @Option(name: .shortAndLong, help: "Output format.")
  var output = Format.text

  var connection: ConnectionOptions { ledger.connection }

  func query() -> StatementQuery { StatementQuery(ledger.selection, account: account, month: month) }

  func write(_ answer: StatementQuery.Answer) {
    switch output {
    case .json: Output.write(json: answer.statement.value.prettyJSON)
    case .html:
      let page = StatementPage(
        answer.statement, creditWorth: answer.creditWorth, span: answer.month, madeAt: answer.now)
      Output.write(page.html)
    case .text: Output.write(text(of: answer.statement, answer.month))
    }
  }

  private func text(of statement: AccountStatement, _ month: String) -> String {
    let style = Output.style
    var table = Table(["TIME", "TYPE", "ACCOUNT", "CREDITS", "BALANCE", "JOB"])
    table.add(["", "opening", "", "", statement.opening.description, ""])
    for line in statement.lines {
      let time = line.at.description
      table.add([
        "\(time.prefix(10)) \(time.dropFirst(11).prefix(8))", line.type, line.other,
        line.amount.micro > 0 ? "+\(line.amount)" : line.amount.description, line.balance.description,
        line.job,
      ])
    }
    let lines = Output.text(of: table) { cell, row, column in
      if row == 0 { return style.dim(cell) }
      return column == 3 && cell.hasPrefix("+") ? style.green(cell) : cell
    }
    return "\(style.bold(statement.account)), \(statement.kind.text), \(month)\n\n\(lines)\n"
      + "\(totals(of: statement))\n"
  }

  /// `2 entries: grant 25, charge -1. Balance 24, 1 held.`
  private func totals(of statement: AccountStatement) -> String {
    let count = statement.lines.count
    let totals = statement.totals.map { "\($0.type) \($0.amount)" }.joined(separator: ", ")
    let held = statement.held.micro > 0 ? ", \(statement.held) held" : ""
    return "\(count) entr\(count == 1 ? "y" : "ies")\(totals.isEmpty ? "" : ": \(totals)"). "
      + "Balance \(statement.closing)\(held)."
  }
}

extension CalendarMonth: ExpressibleByArgument {
  package init?(argument: String) { self.init(argument) }
}
