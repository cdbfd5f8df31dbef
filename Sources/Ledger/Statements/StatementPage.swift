package import Model

/// A statement as a printable HTML page: one file without scripts or references.
package struct StatementPage: Sendable {
  private let statement: AccountStatement
  /// The value of a credit in ten-thousandths of a dollar.
  private let tenThousandths: Int64
  private let title: String
  private let madeAt: Timestamp

  /// - Parameters:
  ///   - tenThousandths: The value of a credit in ten-thousandths of a dollar.
  ///   - span: The name of the span, such as `November 2026`.
  package init(
    _ statement: AccountStatement, creditWorth tenThousandths: Int64, span: String, madeAt: Timestamp
  ) {
    self.statement = statement
    self.tenThousandths = tenThousandths
    title = span
    self.madeAt = madeAt
  }

  /// Creators receive an invoice, other people a statement of earnings.
  private var heading: String {
    switch statement.kind {
    case .creator: "Invoice"
    case .nodeOwner, .moduleDeveloper: "Earnings"
    case .platform, .stripeClearing, .overflow: "Statement"
    }
  }

  package var html: String {
    let name = StatementPage.escaped(statement.account)
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(heading) \(StatementPage.escaped(title)): \(name)</title>
      <style>\(StatementPage.style)</style>
      </head>
      <body>
      <header>
      <div><span class="brand">RenderTrust</span><h1>\(heading)</h1></div>
      <dl><dt>Account</dt><dd>\(name)</dd><dt>Period</dt><dd>\(StatementPage.escaped(title))</dd>\
      <dt>Made</dt><dd>\(day(madeAt))</dd></dl>
      </header>
      \(summary)
      \(lines)
      <footer>One credit is worth $\(Decimals.text(tenThousandths, digits: 4).padded(to: 2)). \
      Amounts are exact to a millionth of a credit; dollars are rounded to the nearest cent. \
      Times are UTC.</footer>
      </body>
      </html>

      """
  }

  private var summary: String {
    let rows = statement.totals.map { total in
      """
      <tr><td>\(StatementPage.escaped(total.type))</td><td class="n">\(total.lines)</td>\
      <td class="n">\(signed(total.amount))</td><td class="n">\(dollars(total.amount))</td></tr>
      """
    }
    return """
      <table class="summary">
      <thead><tr><th>Summary</th><th class="n">Entries</th><th class="n">Credits</th>\
      <th class="n">USD</th></tr></thead>
      <tbody>
      <tr><td>Balance before</td><td></td><td class="n">\(statement.opening)</td>\
      <td class="n">\(dollars(statement.opening))</td></tr>
      \(rows.joined(separator: "\n"))
      </tbody>
      <tfoot><tr><td>Balance after</td><td></td><td class="n">\(statement.closing)</td>\
      <td class="n">\(dollars(statement.closing))</td></tr></tfoot>
      </table>
      """
  }

  private var lines: String {
    guard !statement.lines.isEmpty else { return "<p>Nothing happened in this period.</p>" }
    let rows = statement.lines.map { line in
      """
      <tr><td>\(time(line.at))</td><td>\(StatementPage.escaped(line.type))</td>\
      <td>\(StatementPage.escaped(line.job.isEmpty ? line.other : line.job))</td>\
      <td class="n">\(signed(line.amount))</td><td class="n">\(line.balance)</td></tr>
      """
    }
    return """
      <table>
      <thead><tr><th>Time</th><th>What</th><th>For</th><th class="n">Credits</th>\
      <th class="n">Balance</th></tr></thead>
      <tbody>
      \(rows.joined(separator: "\n"))
      </tbody>
      </table>
      """
  }

  private func signed(_ credits: Credits) -> String { credits.micro > 0 ? "+\(credits)" : "\(credits)" }

  /// Rounded to the nearest cent, halves away from zero.
  private func dollars(_ credits: Credits) -> String {
    let (high, low) = credits.micro.magnitude.multipliedFullWidth(by: UInt64(tenThousandths.magnitude))
    // Micro-credits times ten-thousandths are 10^-10 dollars: 10^8 of them are a cent.
    let cent: UInt64 = 100_000_000
    guard high < cent else { return "–" }
    let (whole, rest) = cent.dividingFullWidth((high, low))
    let cents = Int64(clamping: whole + (rest * 2 >= cent ? 1 : 0))
    let sign = credits.micro < 0 && cents > 0 ? "−" : ""
    return "\(sign)$\(Decimals.text(cents, digits: 2).padded(to: 2))"
  }

  private func day(_ time: Timestamp) -> String { String(time.description.prefix(10)) }
  private func time(_ time: Timestamp) -> String {
    "\(day(time)) \(time.description.dropFirst(11).prefix(8))"
  }

  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for character in text.unicodeScalars {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.unicodeScalars.append(character)
      }
    }
    return escaped
  }

  private static let style = """
    :root{--ink:#16202a;--soft:#5b6875;--line:#d9dfe5}
    *{box-sizing:border-box}
    body{font:14px/1.45 system-ui,sans-serif;color:var(--ink);max-width:52rem;margin:2.5rem auto;\
    padding:0 1.5rem}
    header{display:flex;justify-content:space-between;align-items:end;gap:2rem;\
    border-bottom:2px solid var(--ink);
      padding-bottom:1rem;margin-bottom:1.5rem}
    .brand{color:var(--soft);letter-spacing:.08em;text-transform:uppercase;font-size:.75rem}
    h1{margin:.1rem 0 0;font-size:1.9rem;line-height:1.1}
    dl{display:grid;grid-template-columns:auto auto;gap:.1rem 1rem;margin:0}
    dt{color:var(--soft)} dd{margin:0;text-align:right}
    table{width:100%;border-collapse:collapse;margin-bottom:1.75rem}
    th{text-align:left;color:var(--soft);font-weight:600;font-size:.8rem}
    th,td{padding:.35rem .5rem;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
    .n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
    tfoot td{font-weight:700;border-bottom:0;border-top:2px solid var(--ink)}
    thead{display:table-header-group} tr{break-inside:avoid}
    footer{color:var(--soft);font-size:.8rem}
    @media print{body{margin:0;max-width:none;padding:0;font-size:11px}@page{margin:18mm}}
    """
}

extension String {
  /// Padded with zeros to a number of decimal places: `0.1` → `0.10`.
  fileprivate func padded(to digits: Int) -> String {
    let parts = split(separator: ".", omittingEmptySubsequences: false)
    let fraction = parts.count > 1 ? String(parts[1]) : ""
    return fraction.utf8.count >= digits
      ? self : "\(parts[0]).\(fraction)\(String(repeating: "0", count: digits - fraction.utf8.count))"
  }
}
