import Parquet
import RandomSupport
import Testing

/// Random columns, batches and limits: both readers see what was written. A finding names the seed.
@Suite(.timeLimit(.minutes(5)))
struct PropertyTests {
  static let seeds: ClosedRange<UInt64> = 1...60

  struct World {
    let columns: [CellColumn]
    let batches: Int
    let limits: ParquetLimits

    init(seed: UInt64) {
      var numbers = SeededRandom(seed: seed)
      let rows = [0, 1, 7, 8, 9, 64, 300, 1500].randomElement(using: &numbers) ?? 0
      let count = rows + Int.random(in: 0...rows, using: &numbers)
      columns = (0..<Int.random(in: 1...6, using: &numbers)).map { index in
        let type = RoundTripTests.types.map(\.0).randomElement(using: &numbers) ?? .int64
        let isOptional = Bool.random(using: &numbers)
        let nullShare = isOptional ? Double.random(in: 0...1, using: &numbers) : 0
        let distinct = [1, 3, 40, 100_000].randomElement(using: &numbers) ?? 1
        let pool = (0..<min(distinct, count + 1)).map { _ in Cell.random(type, &numbers) }
        var isNull = false
        let cells = (0..<count).map { _ -> Cell? in
          // Now and then the other way round: makes runs of every length.
          if Int.random(in: 0..<4, using: &numbers) == 0 {
            isNull = Double.random(in: 0..<1, using: &numbers) < nullShare
          }
          return isNull ? nil : pool.randomElement(using: &numbers)
        }
        return CellColumn("column \(index)", type, isOptional: isOptional, cells)
      }
      batches = Int.random(in: 1...700, using: &numbers)
      var limits = ParquetLimits()
      limits.rowsPerGroup = Int.random(in: 50...2000, using: &numbers)
      limits.rowsPerPage = Int.random(in: 1...400, using: &numbers)
      limits.bytesPerPage = Int.random(in: 1...4000, using: &numbers)
      limits.dictionaryEntries = Int.random(in: 0...60, using: &numbers)
      self.limits = limits
    }
  }

  @Test("Readers return the written rows") func readersReturnTheWrittenRows() async throws {
    let folder = try TemporaryFolder()
    var worlds: [(seed: UInt64, world: World, path: String)] = []
    for seed in PropertyTests.seeds {
      let world = World(seed: seed)
      let path = "\(folder.path)/\(seed).parquet"
      _ = try world.columns.write(to: path, batches: world.batches, limits: world.limits)
      worlds.append((seed, world, path))
    }
    let readings = try await Reading.of(worlds.map(\.path))
    try #require(readings.count == worlds.count)
    for (reading, item) in zip(readings, worlds) {
      reading.agrees(with: item.world.columns, "seed \(item.seed)")
    }
  }

  @Test("The same rows give the same file") func theSameRowsGiveTheSameFile() throws {
    let world = World(seed: 7)
    let digests = try (0..<2).map { _ in
      let sink = ParquetMemorySink()
      let writer = try ParquetWriter(
        world.columns.schema, to: sink, metadata: ["b": "2", "a": "1", "c": "3"], limits: world.limits)
      try writer.append(world.columns.map { $0.batch(0..<$0.cells.count) })
      return try writer.finish().digest
    }
    #expect(digests[0] == digests[1])
  }
}

extension Cell {
  fileprivate static func random(
    _ type: ParquetSchema.ColumnType, _ numbers: inout SeededRandom
  ) -> Cell {
    switch type {
    case .int64: return .number(.random(in: .min ... .max, using: &numbers))
    case .int32: return .number(Int64(Int32.random(in: .min ... .max, using: &numbers)))
    case .boolean: return .truth(.random(using: &numbers))
    case .string:
      let characters = [
        "a", "Z", "0", " ", "ß", "é", "e\u{301}", "\u{1F469}\u{200D}\u{1F680}", "\u{7F}", "信",
      ]
      let count = Int.random(in: 0...12, using: &numbers)
      return .text((0..<count).compactMap { _ in characters.randomElement(using: &numbers) }.joined())
    case .bytes: return .bytes(random(Int.random(in: 0...9, using: &numbers), &numbers))
    case .fixedBytes(let length): return .bytes(random(length, &numbers))
    case .decimal(let precision, _):
      let limit = (0..<precision).reduce(Int64(1)) { power, _ in power * 10 } - 1
      return .number(.random(in: -limit...limit, using: &numbers))
    case .timestamp:
      return .number(.random(in: -62_135_596_800_000_000...253_402_300_799_999_999, using: &numbers))
    case .date: return .number(.random(in: -719_162...2_932_896, using: &numbers))
    }
  }

  private static func random(_ count: Int, _ numbers: inout SeededRandom) -> [UInt8] {
    (0..<count).map { _ in .random(in: 0...255, using: &numbers) }
  }
}
