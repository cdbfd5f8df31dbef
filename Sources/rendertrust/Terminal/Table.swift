import Planning

/// Columns of text for a terminal. Each column is as wide as its widest cell; two spaces separate columns.
struct Table {
  private var rows: [[String]]

  init(_ header: [String]) { rows = [header] }

  /// - Parameter cells: without colours; see `paint` of `text`.
  mutating func add(_ cells: [String]) { rows.append(cells.map(TextStyle.harmless)) }

  /// The table with a dim header and a final line break.
  /// - Parameters:
  ///   - width: the last column is truncated to fit; nil: no limit.
  ///   - optional: columns that are left out, in this order, until the last column has enough space.
  ///   - paint: styles a cell below the header after padding; row 0 is the first row below the header.
  func text(
    style: TextStyle, width: Int?, optional: [Int] = [],
    paint: (_ cell: String, _ row: Int, _ column: Int) -> String = { cell, _, _ in cell }
  ) -> String {
    text(width: width, optional: optional) { cell, row, column in
      row == 0 ? style.dim(cell) : paint(cell, row - 1, column)
    }
  }

  /// The same; row 0 of `paint` is the header.
  private func text(
    width: Int?, optional: [Int], paint: (_ cell: String, _ row: Int, _ column: Int) -> String
  ) -> String {
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
        text += paint(visible, index, column) + padding
        used += widths[column] + 2
      }
      text += "\n"
    }
    return text
  }

  /// Width below which optional columns are left out in favour of the last column.
  private static let minLastColumnWidth = 24

  private static func columns(_ widths: [Int], _ width: Int?, _ optional: [Int]) -> [Int] {
    var shown = Array(widths.indices)
    guard let width else { return shown }
    for column in optional {
      guard let last = shown.last else { break }
      let others = shown.dropLast().reduce(0) { $0 + widths[$1] + 2 }
      guard others + min(widths[last], minLastColumnWidth) > width else { break }
      shown.removeAll { $0 == column }
    }
    return shown
  }
}
