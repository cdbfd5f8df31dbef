import Glibc
import Model
import Parquet
import Subprocess
import Testing

/// A folder for one test; gone with its files when let go of.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(base)/rt-parquet-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  var names: [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  deinit {
    for name in names { unlink("\(path)/\(name)") }
    rmdir(path)
  }
}

func contents(of path: String) throws -> [UInt8] {
  let file = try #require(fopen(path, "re"))
  defer { fclose(file) }
  var all: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 1 << 16)
  while case let count = fread(&piece, 1, piece.count, file), count > 0 { all += piece[..<count] }
  return all
}

/// What the two readers say of a file.
struct Reading: Sendable {
  let arrow: Value
  let duckdb: Value

  /// Reads each file with pyarrow and DuckDB, of the versions that are pinned here.
  static func of(_ paths: [String]) async throws -> [Reading] {
    let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let made = try await run(
      .name("sh"),
      arguments: [
        "\(root)/scripts/python.sh", "\(root)/.build/python/parquet", "pyarrow==26.0.1", "duckdb==2.0.0",
      ],
      output: .string(limit: 4096), error: .string(limit: 1 << 16))
    try #require(made.terminationStatus.isSuccess, "\(made.standardError)")
    let python = made.standardOutput.split(separator: "\n").last.map(String.init) ?? ""
    let read = try await run(
      .name("env"), arguments: .init([python, "\(root)/Tests/Support/Parquet/read.py"] + paths),
      output: .string(limit: 256 << 20), error: .string(limit: 1 << 16))
    try #require(read.terminationStatus.isSuccess, "\(read.standardError)")
    return try read.standardOutput.split(separator: "\n").map { line in
      let value = try Value(json: line.utf8)
      return Reading(arrow: try #require(value["arrow"]), duckdb: try #require(value["duckdb"]))
    }
  }

  static func of(_ path: String) async throws -> Reading {
    try #require(try await of([path]).first)
  }

  var groups: [Value] { arrow["groups"]?.items ?? [] }

  /// Both readers see the same values, nulls and bounds as were written. `name` goes before each finding.
  func agrees(with columns: [CellColumn], _ name: String) {
    let expected = columns.map { column in column.cells.map { $0?.rendered } }
    for (reader, values) in [("pyarrow", arrow), ("DuckDB", duckdb)] {
      let read = (values["columns"]?.items ?? []).map { column in column.items.map(\.text) }
      #expect(read.count == columns.count, "\(name), \(reader)")
      for (index, column) in columns.enumerated() where index < read.count {
        let isSame = read[index] == expected[index]
        let first = zip(read[index], expected[index]).enumerated().first { $0.element.0 != $0.element.1 }
        #expect(
          isSame,
          """
          \(name), \(reader), column \(column.column.name): \(read[index].count) rows, first at \
          \(first as Any)
          """
        )
      }
    }
    agreeOnStatistics(columns, name)
  }

  private func agreeOnStatistics(_ columns: [CellColumn], _ name: String) {
    var start = 0
    var nulls: [String?] = []
    for (number, group) in groups.enumerated() {
      let rows = group["rows"]?.number ?? 0
      for (column, chunk) in zip(columns, group["chunks"]?.items ?? []) {
        let location = "\(name), row group \(number), column \(column.column.name)"
        let cells = column.cells[start..<start + rows]
        let values = cells.compactMap { $0 }
        nulls.append("\(cells.count - values.count)")
        #expect(chunk["nulls"]?.number == cells.count - values.count, "\(location)")
        let bounds = chunk["bounds"]?.items.map(\.text)
        #expect(bounds == [values.min()?.rendered, values.max()?.rendered], "\(location)")
      }
      start += rows
    }
    #expect(start == columns.first?.cells.count, "\(name): all rows are in row groups")
    #expect(duckdb["nulls"]?.items.map(\.text) == nulls, "\(name): DuckDB's counts of nulls")
    let extremes = columns.map { column in
      let values = column.cells.compactMap { $0 }
      let (low, high) = (values.min(), values.max())
      return values.count { $0 == low || $0 == high }
    }
    #expect(duckdb["extremes"]?.items.map(\.number) == extremes, "\(name): rows that DuckDB finds by bounds")
  }
}

extension Value {
  var items: [Value] { if case .array(let items) = self { items } else { [] } }
  var number: Int? { if case .integer(let number) = self { Int(number) } else { nil } }
  var text: String? { if case .string(let text) = self { text } else { nil } }
}
