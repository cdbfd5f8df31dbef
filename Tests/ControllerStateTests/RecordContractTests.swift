import ControllerState
import Model
import Reconciling
import ReconcilingSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct RecordContractTests {
  private let now = Timestamp(seconds: 100)

  @Test("A claim keeps the applied digest", arguments: StoreUnderTest.allCases)
  func claimKeepsAppliedDigest(_ store: StoreUnderTest) async throws {
    try await store.with { store in
      let (old, new) = (AnyResource.fake("a", 1), AnyResource.fake("a", 2, needs: ["b"]))
      try await store.claim([old], in: "dev", revision: 1)
      #expect(
        try await store.inventory(of: "dev", knowing: [])[old.id]?.digest == nil,
        "its steps were not finished")
      var changes = StatusChanges(revision: 1)
      changes.applied = [old]
      try await store.save(changes, in: "dev")
      #expect(try await store.inventory(of: "dev", knowing: [])[old.id]?.digest == old.digest)
      try await store.claim([new], in: "dev", revision: 2)
      for known in [[], [old], [new]] {
        let entry = try await store.inventory(of: "dev", knowing: known)[old.id]
        #expect(entry?.digest == old.digest, "the claim did not change the outside system")
        #expect(entry?.resource.digest == new.digest)
        #expect(entry?.resource.spec as? FakeSpec == new.spec as? FakeSpec)
        #expect(entry?.resource.references.map(\.target) == [.fake("b")])
      }
      try await store.disclaim([old.id, .fake("unknown")], in: "dev", revision: 2, at: Timestamp(seconds: 1))
      let left = try await store.inventory(of: "dev", knowing: [])
      #expect(left.count == 1 && left[old.id]?.digest == nil && left[old.id]?.resource.digest == new.digest)
      #expect(try await store.inventory(of: "prod", knowing: []).isEmpty)
    }
  }

  @Test(
    "A part of the inventory and of the statuses equals that part of the whole",
    arguments: StoreUnderTest.allCases)
  func partEqualsWhole(_ store: StoreUnderTest)
    async throws
  {
    try await store.with { store in
      let resources = (0..<20).map { AnyResource.fake("r\($0)", $0) }
      var changes = StatusChanges(revision: 1)
      changes.applied = resources
      changes.statuses = resources.map { status($0.id, failures: 0) }
      try await store.save(changes, in: "dev")
      let desired = DesiredState(
        environment: "dev", allowsMockGPUs: true, resources: Array(resources.prefix(5)))
      let ids: Set<ResourceID> = [.fake("r1"), .fake("r7"), .fake("missing")]
      let part = try await store.inventory(of: "dev", ids: ids, knowing: desired)
      #expect(Set(part.keys) == [.fake("r1"), .fake("r7")])
      #expect(part[.fake("r7")]?.resource.digest == resources[7].digest)
      #expect(Set(try await store.statuses(of: "dev", ids: ids).keys) == [.fake("r1"), .fake("r7")])
      #expect(try await store.statuses(of: "dev").count == 20)
      #expect(try await store.inventory(of: "dev", ids: [], knowing: desired).isEmpty)
    }
  }

  private func status(_ id: ResourceID, failures: Int) -> ResourceStatus {
    ResourceStatus(
      id: id, revision: 3,
      conditions: [
        Condition(
          .ready, false, reason: .stepFailed, message: "ä \"quoted\"\n", since: now, observedRevision: 3),
        Condition(
          .blocked, true, reason: .waiting, message: "", waitsFor: [.fake("a"), .fake("b")], since: now,
          observedRevision: 3),
        Condition(.drifted, true, reason: .drifted, message: "", since: now, observedRevision: 2),
      ], failures: failures, nextAttempt: failures > 0 ? now + TimeSpan(milliseconds: 1500) : nil,
      mode: .observe)
  }

  @Test("Saved statuses are read back, and removed resources are gone", arguments: StoreUnderTest.allCases)
  func savedStatusesAreReadBack(_ store: StoreUnderTest) async throws {
    try await store.with { store in
      let (a, b) = (AnyResource.fake("a"), AnyResource.fake("b"))
      var changes = StatusChanges(revision: 3)
      changes.applied = [a, b]
      changes.statuses = [status(a.id, failures: 2), status(b.id, failures: 0)]
      try await store.save(changes, in: "dev")
      #expect(
        try await store.statuses(of: "dev")
          == [a.id: status(a.id, failures: 2), b.id: status(b.id, failures: 0)])
      changes = StatusChanges(revision: 4)
      changes.statuses = [status(a.id, failures: 0)]
      changes.removed = [b.id]
      try await store.save(changes, in: "dev")
      #expect(try await store.statuses(of: "dev") == [a.id: status(a.id, failures: 0)])
      #expect(try await store.inventory(of: "dev", knowing: []).keys.map(\.name) == ["a"])
    }
  }

  @Test("A status without inventory entry is a stray", arguments: StoreUnderTest.allCases)
  func statusWithoutInventoryEntryIsStray(_ store: StoreUnderTest) async throws {
    try await store.with { store in
      var changes = StatusChanges(revision: 3)
      changes.applied = [.fake("a")]
      changes.statuses = [status(.fake("a"), failures: 0), status(.fake("b"), failures: 1)]
      try await store.save(changes, in: "dev")
      #expect(try await store.strayStatuses(of: "dev") == [.fake("b")])
      #expect(try await store.strayStatuses(of: "prod") == [])
    }
  }

  @Test("Events are listed newest first, all or those of one resource", arguments: StoreUnderTest.allCases)
  func eventsAreListedNewestFirst(_ store: StoreUnderTest) async throws {
    func event(_ number: Int, _ id: ResourceID?) -> Event {
      Event(
        at: now + TimeSpan(milliseconds: Int64(number) * 10), id: id, isWarning: number % 2 == 0,
        reason: .condition(.kind("R\(number)")),
        message: "m", revision: 1)
    }
    let events = [event(1, .fake("a")), event(2, nil), event(3, .fake("b")), event(4, .fake("a"))]
    try await store.with { store in
      for part in [events.prefix(2), events.suffix(2)] {
        var changes = StatusChanges(revision: 1)
        changes.events = Array(part)
        try await store.save(changes, in: "dev")
      }
      #expect(try await store.events(of: "dev", id: nil, limit: 10) == events.reversed())
      #expect(try await store.events(of: "dev", id: .fake("a"), limit: 10) == [events[3], events[0]])
      #expect(try await store.events(of: "dev", id: nil, limit: 1) == [events[3]])
      #expect(try await store.events(of: "prod", id: nil, limit: 10).isEmpty)
    }
  }

  @Test("An intent is open until its outcome is recorded or it is closed", arguments: StoreUnderTest.allCases)
  func intentIsOpenUntilClosed(_ store: StoreUnderTest) async throws {
    func intent(_ name: String, _ index: Int) -> JournalIntent {
      JournalIntent(
        step: StepID(pass: "p1", resource: .fake(name), index: index), revision: 2, action: .replace,
        summary: "do it", reason: "differs", risk: .destructive, at: now)
    }
    let later = now + TimeSpan(seconds: 1)
    try await store.with { store in
      try await store.append([.intent(intent("a", 0)), .intent(intent("b", 0))], in: "dev")
      try await store.append(
        [
          .outcome(intent("a", 0).step, .done, at: later), .intent(intent("a", 1)), .intent(intent("c", 0)),
          .outcome(intent("c", 0).step, .failed("it broke", effect: .settled), at: later),
        ], in: "dev")
      #expect(
        try await store.journal(of: "dev", id: .fake("a"), limit: 10) == [
          JournalEntry(intent: intent("a", 1), outcome: nil, finishedAt: nil),
          JournalEntry(intent: intent("a", 0), outcome: .done, finishedAt: later),
        ])
      #expect(try await store.closeOpenIntents(in: "prod", at: later) == [])
      #expect(try await store.closeOpenIntents(in: "dev", at: later) == [.fake("a"), .fake("b")])
      #expect(try await store.closeOpenIntents(in: "dev", at: later) == [])
      #expect(
        try await store.unsettled(
          [.fake("a"), .fake("b"), .fake("c")], in: "dev", during: now...later, countingDone: false)
          == [.fake("a"), .fake("b")], "interrupted steps may still take effect, failed ones do not")
      #expect(try await store.unsettled([.fake("a")], in: "dev", during: now...now, countingDone: true) == [])
      #expect(
        try await store.unsettled([.fake("c")], in: "dev", during: now...later, countingDone: true)
          == [.fake("c")])
      let late = JournalOutcome.failed("it timed out", effect: .uncertain)
      try await store.append([.outcome(intent("c", 0).step, late, at: later)], in: "dev")
      #expect(
        try await store.unsettled([.fake("c")], in: "dev", during: now...later, countingDone: false) == [
          .fake("c")
        ])
      try await store.append(
        [.outcome(intent("c", 0).step, .failed("it broke", effect: .settled), at: later)], in: "dev")
      let outcomes = try await store.journal(of: "dev", id: nil, limit: 10).map(\.outcome)
      #expect(outcomes.count == 4 && !outcomes.contains(nil))
      #expect(
        outcomes.contains(.failed("it broke", effect: .settled)) && outcomes.count { $0 == .interrupted } == 2
      )
    }
  }
}
