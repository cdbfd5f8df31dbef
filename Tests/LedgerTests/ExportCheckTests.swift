import Ledger
import Model
import ObjectStorage
import ObjectStorageSupport
import Postgres
import Synchronization
import Testing

extension LedgerTests {
  /// Whatever was changed at a destination is found, and no name outlives its erasure there.
  @Suite struct ExportCheckTests {
    enum Change: String, CaseIterable, Sendable {
      case file, shorter, missing, manifest, relinked, gap, lastDay, accounts, foreign

      /// Where it is found.
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

    @Test(arguments: Change.allCases) func `each change is found where it is`(change: Change) async throws {
      try await Books.with { books in
        let there = try await ExportedFiles.at(.folder, of: books)
        for (number, day) in [Books.day, Books.day.next, Books.day.next.next].enumerated() {
          try await books.work(number, on: day)
          try await there.export.run(day, now: ExportTests.now)
        }
        let sound = try await there.export.verify()
        #expect(sound.isSound && sound.days == 3 && sound.files == 7, "\(sound.findings)")
        try await change.make(at: there.store)
        let findings = try await there.export.verify().findings
        #expect(findings.contains { $0.path == change.path }, "\(findings)")
      }
    }

    @Test func `somebody erased while an export runs does not stay in it`() async throws {
      try await Books.with { books in
        try await books.ledger.open([ErasureTests.person], as: .creator)
        try await books.work(1, on: Books.day, creator: ErasureTests.person)
        let files = try TestFiles()
        let isErased = Mutex(false)
        // The file with the name is made, and on its way.
        let store = MeddledStore("\(files.folder)/store") { key in
          guard key.hasSuffix("accounts.parquet") else { return }
          let isFirst = isErased.withLock { flag in
            defer { flag = true }
            return !flag
          }
          if isFirst {
            _ = try await LedgerErasure.erase(ErasureTests.person, by: "operator", in: books.pool)
          }
        }
        let export = DailyExport(books.pool, to: store, scratch: files.folder)
        try await export.run(Books.day, now: ExportTests.now)
        let there = ExportedFiles(store: store, files: files, export: export)
        #expect(try await there.holds(ErasureTests.person).isEmpty)
        #expect(try await export.verify().isSound)
      }
    }

    @Test func `a destination that cannot be written is told, found and mended`() async throws {
      try await Books.with { books in
        try await books.ledger.open([ErasureTests.person], as: .creator)
        try await books.work(1, on: Books.day, creator: ErasureTests.person)
        let files = try TestFiles()
        let isGone = Mutex(false)
        let store = MeddledStore("\(files.folder)/store") { _ in
          if isGone.withLock({ $0 }) { throw ObjectStorageError(.unreachable, "the store is gone") }
        }
        let export = DailyExport(books.pool, to: store, scratch: files.folder)
        try await export.run(Books.day, now: ExportTests.now)
        isGone.withLock { $0 = true }
        let done = try await LedgerErasure.erase(
          ErasureTests.person, by: "operator", in: books.pool, exports: [export])
        #expect(done.exportsLeft.map(\.destination) == [export.destination])
        #expect(done.exportsLeft.first?.error.retry == .later)
        #expect(try await export.verify().findings.map(\.path) == ["accounts/manifest.json"])
        isGone.withLock { $0 = false }
        let again = try await LedgerErasure.erase(
          done.name, by: "operator", in: books.pool, exports: [export])
        #expect(!again.isNew && again.exportsLeft.isEmpty)
        let there = ExportedFiles(store: store, files: files, export: export)
        #expect(try await there.holds(ErasureTests.person).isEmpty)
        #expect(try await export.verify().isSound)
      }
    }
  }
}
