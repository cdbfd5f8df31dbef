import Ledger
import Model
import ObjectStorage
import ObjectStorageSupport
import Postgres
import Synchronization
import Testing

extension LedgerTests {
  /// Changes of a destination are detected, and no name outlives its erasure there.
  @Suite struct ExportCheckTests {
    enum Change: String, CaseIterable, Sendable {
      case file, shorter, missing, manifest, relinked, gap, lastDay, accounts, foreign

      /// The path of the finding.
      var path: String {
        switch self {
        case .file, .shorter: "entries/day=2026-10-21/part-0000.parquet"
        case .missing: "usage/day=2026-10-20/part-0000.parquet"
        case .manifest, .relinked: "manifests/2026-10-21.json"
        case .gap: "manifests/2026-10-22.json"
        case .lastDay: "manifests/2026-10-22.json"
        case .accounts: "accounts/accounts.parquet"
        case .foreign: "manifests/2026-10-23.json"
        }
      }

      func make(at store: any ObjectStore) async throws {
        let key = "ledger/\(path)"
        switch self {
        case .file, .accounts:
          var bytes = try await store.get(key)
          bytes[bytes.count / 2] ^= 1
          try await store.put(bytes, at: key)
        case .shorter: try await store.put(Array(try await store.get(key).dropLast()), at: key)
        case .missing, .lastDay: try await store.delete(key)
        case .manifest: try await store.put(Array("{}".utf8), at: key)
        case .relinked:
          guard let manifest = ExportManifest(try await store.get(key)) else { return }
          try await store.put(
            ExportManifest(day: manifest.day, files: manifest.files, previous: nil).bytes, at: key)
        case .gap: try await store.delete("ledger/manifests/2026-10-21.json")
        case .foreign:
          guard let day = UTCDay("2026-10-23") else { return }
          try await store.put(ExportManifest(day: day, files: [], previous: nil).bytes, at: key)
        }
      }
    }

    @Test("Each change of a destination is detected at its path", arguments: Change.allCases)
    func changeIsDetectedAtPath(change: Change) async throws {
      try await LedgerFixture.with { fixture in
        let there = try await ExportedFiles.at(.folder, of: fixture)
        for (number, day) in [LedgerFixture.day, LedgerFixture.day.next, LedgerFixture.day.next.next]
          .enumerated()
        {
          try await fixture.work(number, on: day)
          try await there.export.run(day, now: ExportTests.now)
        }
        let sound = try await there.export.verify()
        #expect(sound.isSound && sound.days == 3 && sound.files == 7, "\(sound.findings)")
        try await change.make(at: there.store)
        let findings = try await there.export.verify().findings
        #expect(findings.contains { $0.path == change.path }, "\(findings)")
      }
    }

    @Test("An account that is erased during an export is not in it") func erasureDuringExport() async throws {
      try await LedgerFixture.with { fixture in
        try await fixture.ledger.open([ErasureTests.person], as: .creator)
        try await fixture.work(1, on: LedgerFixture.day, creator: ErasureTests.person)
        let files = try TestFiles()
        let isErased = Mutex(false)
        // The file with the name is being uploaded.
        let store = InterceptedStore("\(files.folder)/store") { key in
          guard key.hasSuffix("accounts.parquet") else { return }
          let isFirst = isErased.withLock { flag in
            defer { flag = true }
            return !flag
          }
          if isFirst {
            _ = try await LedgerErasure.erase(ErasureTests.person, by: "operator", in: fixture.pool)
          }
        }
        let export = DailyExport(fixture.pool, to: store, scratch: files.folder)
        try await export.run(LedgerFixture.day, now: ExportTests.now)
        let there = ExportedFiles(store: store, files: files, export: export)
        #expect(try await there.holds(ErasureTests.person).isEmpty)
        #expect(try await export.verify().isSound)
      }
    }

    @Test("A destination that cannot be written is reported and can be repaired")
    func unwritableDestinationIsReported() async throws {
      try await LedgerFixture.with { fixture in
        try await fixture.ledger.open([ErasureTests.person], as: .creator)
        try await fixture.work(1, on: LedgerFixture.day, creator: ErasureTests.person)
        let files = try TestFiles()
        let isGone = Mutex(false)
        let store = InterceptedStore("\(files.folder)/store") { _ in
          if isGone.withLock({ $0 }) { throw ObjectStorageError(.unreachable, "the store is gone") }
        }
        let export = DailyExport(fixture.pool, to: store, scratch: files.folder)
        try await export.run(LedgerFixture.day, now: ExportTests.now)
        isGone.withLock { $0 = true }
        let done = try await LedgerErasure.erase(
          ErasureTests.person, by: "operator", in: fixture.pool, exports: [export])
        #expect(done.exportsLeft.map(\.destination) == [export.destination])
        #expect(done.exportsLeft.first?.error.retry == .later)
        #expect(try await export.verify().findings.map(\.path) == ["accounts/manifest.json"])
        isGone.withLock { $0 = false }
        let again = try await LedgerErasure.erase(
          done.name, by: "operator", in: fixture.pool, exports: [export])
        #expect(!again.isNew && again.exportsLeft.isEmpty)
        let there = ExportedFiles(store: store, files: files, export: export)
        #expect(try await there.holds(ErasureTests.person).isEmpty)
        #expect(try await export.verify().isSound)
      }
    }
  }
}
