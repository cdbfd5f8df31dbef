import KindTestSupport
import Ledger
import Manifests
import Model
import Planning
import Postgres
import Reconciling
import Testing

extension LedgerTests {
  /// What the kind `Ledger` finds of a recorded ledger, against a real server.
  @Suite struct LostLedgerTests {
    private static let id = ResourceID(kind: "Ledger", name: "credits")

    private struct Found {
      let observed: LedgerObserved?
      let missing: MissingLedger.Found?
      let identity: DataIdentity?
    }

    private func observe(
      _ fixture: LedgerFixture, recorded: DataIdentity?, formerly former: String? = nil
    ) async throws -> Found {
      let ledger = try LedgerKindTests.ledger()
      let moves = former.map { Moves([Move(from: ResourceID(kind: "Ledger", name: $0), to: ledger.id)]) }
      let owner = former.map { ResourceID(kind: "Ledger", name: $0) } ?? ledger.id
      let context = Fixture.reconcileContext(
        offers: LedgerKindTests.context.offers, moves: moves ?? Moves(),
        identities: recorded.map { [owner: $0] } ?? [:])
      let backend = LedgerKindTests.backend(fixture)
      let subject = Subject(id: ledger.id, desired: ledger, lastApplied: ledger)
      let observed = try await backend.observe([subject], in: context)[ledger.id]?.get() ?? nil
      let facts = LedgerPlanner().facts(
        ledger, observed, PlanContext(id: ledger.id, lastApplied: ledger.map { $0 }, reconcile: context))
      var missing: MissingLedger?
      for case .missingLedger(let found) in facts { missing = found }
      if let missing {
        #expect(missing.database == ledger.spec.database.id && missing.recorded == recorded)
      }
      return Found(
        observed: observed, missing: missing?.found, identity: observed.flatMap { backend.identity(of: $0) })
    }

    private func open(_ fixture: LedgerFixture, _ name: String = "credits") async throws {
      try await fixture.pool.query("INSERT INTO ledgers (name) VALUES ($1)", [.text(name)])
    }

    @Test("A ledger has a random id that stays, and its head is its newest entry")
    func identity() async throws {
      try await LedgerFixture.with { fixture in
        #expect(try await observe(fixture, recorded: nil).observed == nil, "nothing was opened")
        try await open(fixture)
        let first = try #require(try await observe(fixture, recorded: nil).identity)
        #expect(first.head == nil && first.id.utf8.count == 36)
        try await fixture.grant(100, to: "creator", key: "a")
        let second = try #require(try await observe(fixture, recorded: first).identity)
        #expect(second.id == first.id && second.head?.hasPrefix("1:") == true)
        try await fixture.grant(100, to: "creator", key: "b")
        let third = try await observe(fixture, recorded: second)
        #expect(third.missing == nil && third.identity?.head?.hasPrefix("2:") == true)
        try await LedgerFixture.with { other in
          try await open(other)
          #expect(try await observe(other, recorded: nil).identity?.id != first.id)
        }
      }
    }

    @Test("A ledger that lacks the recorded entry is an earlier or another state")
    func rolledBack() async throws {
      try await LedgerFixture.with { fixture in
        try await open(fixture)
        let empty = try #require(try await observe(fixture, recorded: nil).identity)
        let later = DataIdentity(id: empty.id, head: "3:00")
        #expect(try await observe(fixture, recorded: later).missing == .earlierState(head: nil))
        try await fixture.grant(100, to: "creator", key: "a")
        let head = try #require(try await observe(fixture, recorded: empty).identity?.head)
        #expect(try await observe(fixture, recorded: later).missing == .earlierState(head: head))
        let diverged = DataIdentity(id: empty.id, head: "1:00")
        #expect(
          try await observe(fixture, recorded: diverged).missing == .earlierState(head: head),
          "the entry has another hash")
        try await fixture.grant(100, to: "creator", key: "b")
        #expect(try await observe(fixture, recorded: DataIdentity(id: empty.id, head: head)).missing == nil)
      }
    }

    @Test("Another ledger is not the recorded one, unless that had no entries")
    func another() async throws {
      try await LedgerFixture.with { fixture in
        try await open(fixture)
        let here = try #require(try await observe(fixture, recorded: nil).identity)
        let foreign = "00000000-0000-4000-8000-000000000000"
        #expect(
          try await observe(fixture, recorded: DataIdentity(id: foreign, head: "1:00")).missing
            == .another(id: here.id))
        #expect(try await observe(fixture, recorded: DataIdentity(id: foreign, head: nil)).missing == nil)
        try await fixture.pool.query("DELETE FROM ledger_books")
        #expect(
          try await observe(fixture, recorded: DataIdentity(id: here.id, head: "1:00")).missing
            == .another(id: nil))
      }
    }

    @Test("Tables without an opened ledger are no ledger, unless they are the recorded one")
    func released() async throws {
      try await LedgerFixture.with { fixture in
        try await open(fixture)
        try await fixture.grant(100, to: "creator", key: "a")
        let recorded = try #require(try await observe(fixture, recorded: nil).identity)
        try await fixture.pool.query("DELETE FROM ledgers")
        let found = try await observe(fixture, recorded: recorded)
        #expect(found.missing == nil && found.observed?.isOpen == false && found.identity == nil)
        let foreign = try await observe(fixture, recorded: DataIdentity(id: "b2", head: "1:00"))
        #expect(foreign.missing == .nothing && foreign.observed == nil)
        try await fixture.pool.query("DROP TABLE ledgers")
        #expect(try await observe(fixture, recorded: recorded).missing == .nothing)
      }
    }

    @Test("A renamed ledger is compared with the record of its former name")
    func renamed() async throws {
      try await LedgerFixture.with { fixture in
        try await open(fixture, "old")
        try await fixture.grant(100, to: "creator", key: "a")
        let id = try await fixture.pool.query("SELECT id::text AS id FROM ledger_books").only().text("id")
        let lost = DataIdentity(id: id, head: "5:00")
        let found = try await observe(fixture, recorded: lost, formerly: "old")
        #expect(found.observed?.other == "old" && found.identity == nil, "it is not the resource's yet")
        if case .earlierState = found.missing {} else { Issue.record("\(String(describing: found.missing))") }
      }
    }
  }
}
