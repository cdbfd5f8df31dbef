import Ledger
import Model
import ObjectStorage
import PostgresSupport
import Testing

extension LedgerTests {
  /// Days and places that are seldom asked for, and must not be written wrongly.
  @Suite struct ExportCornerTests {
    @Test func `a day before the books began is not written`() async throws {
      try await Books.with { books in
        let day = Books.day
        try await books.work(1, on: day)
        let there = try await ExportedFiles.at(.folder, of: books)
        let old = UTCDay(number: day.number - 1000)
        _ = try? await there.export.run(old, now: day.next.end)
        try await there.export.run(day, now: day.next.end)
        #expect(try await there.export.verify().findings == [])
      }
    }

    @Test func `an entry of an exported day that is not in the export is told`() async throws {
      try await Books.with { books in
        let day = Books.day
        try await books.work(1, on: day)
        let there = try await ExportedFiles.at(.folder, of: books)
        try await there.export.run(day, now: day.next.end)
        // The database's clock went back, or was behind the controller's.
        let leg = LedgerLeg(to: "creator", Credits(micro: 5), for: "grant")
        let call = LedgerCall(.transfer([leg], job: ""), on: "stripe_clearing", key: "late")
        _ = try await books.ledger.execute([call], at: day.start)[0].get()
        let isSound = try await there.export.verify().isSound
        let due = try await there.export.state().due(at: day.next.start)
        #expect(!isSound || due == [day])
      }
    }

    @Test func `two books never share a place`() async throws {
      try await TestFolder.with { folder in
        for turn in 0..<2 {
          try await Books.with { books in
            try await books.work(1, on: Books.day)
            let export = DailyExport(books.pool, to: FolderStore("\(folder)/exports"), scratch: folder)
            do throws(ExportError) {
              try await export.run(Books.day, now: Books.day.next.end)
              #expect(turn == 0)
            } catch {
              #expect(turn == 1 && error.code == .otherBooks, "\(error)")
            }
          }
        }
      }
    }
  }
}
