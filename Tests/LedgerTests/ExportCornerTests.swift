import Ledger
import Model
import ObjectStorage
import PostgresSupport
import Testing

extension LedgerTests {
  /// Rare days and destinations.
  @Suite struct ExportCornerTests {
    @Test("A day before the first entry is not exported") func dayBeforeFirstEntryIsNotExported() async throws
    {
      try await LedgerFixture.with { fixture in
        let day = LedgerFixture.day
        try await fixture.work(1, on: day)
        let there = try await ExportedFiles.at(.folder, of: fixture)
        let old = UTCDay(number: day.number - 1000)
        _ = try? await there.export.run(old, now: day.next.end)
        try await there.export.run(day, now: day.next.end)
        #expect(try await there.export.verify().findings == [])
      }
    }

    @Test("An entry that is missing in the export of its day is detected") func missingEntryIsDetected()
      async throws
    {
      try await LedgerFixture.with { fixture in
        let day = LedgerFixture.day
        try await fixture.work(1, on: day)
        let there = try await ExportedFiles.at(.folder, of: fixture)
        try await there.export.run(day, now: day.next.end)
        // The database's clock was set back, or is behind the controller's.
        let leg = LedgerLeg(to: "creator", Credits(micro: 5), for: "grant")
        let call = LedgerCall(.transfer([leg], job: ""), on: "stripe_clearing", key: "late")
        _ = try await fixture.ledger.execute([call], at: day.start)[0].get()
        let isSound = try await there.export.verify().isSound
        let due = try await there.export.state().due(at: day.next.start)
        #expect(!isSound || due == [day])
      }
    }

    @Test("Two ledgers cannot share a destination") func ledgersCannotShareDestination() async throws {
      try await TestFolder.with { folder in
        for turn in 0..<2 {
          try await LedgerFixture.with { fixture in
            try await fixture.work(1, on: LedgerFixture.day)
            let export = DailyExport(fixture.pool, to: FolderStore("\(folder)/exports"), scratch: folder)
            do throws(ExportError) {
              try await export.run(LedgerFixture.day, now: LedgerFixture.day.next.end)
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
