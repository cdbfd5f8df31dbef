/// Columns for people: widths from the content, two spaces between, no lines.
struct Table {
  private var rows: [[String]]

  init(_ header: [String]) { rows = [header] }

  mutating func add(_ cells: [String]) { rows.append(cells) }

  /// The text with a final line break. `style` is given column and row, the header being row 0, after padding.
  func text(
    width: Int? = nil, style: (_ cell: String, _ row: Int, _ column: Int) -> String = { cell, _, _ in cell }
  )
    -> String
  {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    var text = ""
    for (index, row) in rows.enumerated() {
      var used = 0
      for (column, cell) in row.enumerated() {
        let isLast = column == row.count - 1
        var shown = cell
        if isLast, let width, used + cell.count > width, width > used + 1 {
          shown = String(cell.prefix(width - used - 1)) + "…"
        }
        let padding = isLast ? "" : String(repeating: " ", count: widths[column] - cell.count + 2)
        text += style(shown, index, column) + padding
        used += widths[column] + 2
      }
      text += "\n"
    }
    return text
  }
}
