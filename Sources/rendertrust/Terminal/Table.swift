/// Columns for people: widths from the content, two spaces between, no lines.
struct Table {
  private var rows: [[String]]

  init(_ header: [String]) { rows = [header] }

  mutating func add(_ cells: [String]) { rows.append(cells) }

  /// The text with a final line break. `style` is given column and row, the header being row 0, after padding.
  /// - Parameters:
  ///   - width: where the last column is cut off.
  ///   - optional: columns that are left out where that column had no room, the first of them first.
  func text(
    width: Int? = nil, optional: [Int] = [],
    style: (_ cell: String, _ row: Int, _ column: Int) -> String = { cell, _, _ in cell }
  )
    -> String
  {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    let shown = Table.columns(widths, width, optional)
    var text = ""
    for (index, row) in rows.enumerated() {
      var used = 0
      for column in shown where column < row.count {
        let cell = row[column]
        let isLast = column == shown.last || column == row.count - 1
        var visible = cell
        if isLast, let width, used + cell.count > width, width > used + 1 {
          visible = String(cell.prefix(width - used - 1)) + "…"
        }
        let padding = isLast ? "" : String(repeating: " ", count: widths[column] - cell.count + 2)
        text += style(visible, index, column) + padding
        used += widths[column] + 2
      }
      text += "\n"
    }
    return text
  }

  /// What the last column has at least, where it wants as much.
  private static let leastOfLast = 24

  private static func columns(_ widths: [Int], _ width: Int?, _ optional: [Int]) -> [Int] {
    var shown = Array(widths.indices)
    guard let width else { return shown }
    for column in optional {
      guard let last = shown.last else { break }
      let others = shown.dropLast().reduce(0) { $0 + widths[$1] + 2 }
      guard others + min(widths[last], leastOfLast) > width else { break }
      shown.removeAll { $0 == column }
    }
    return shown
  }
}
