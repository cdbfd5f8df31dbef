import Model
import Reconciling
import ReconcilingSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct JournalWriterTests {
  private static let writers = 500

  private func intent(_ number: Int) -> JournalRecord {
    .intent(
      JournalIntent(
        step: StepID(pass: "p", resource: .fake("r\(number)"), index: 0), revision: 1, action: .create,
        summary: "create it", reason: "not there", risk: .safe, at: Timestamp(seconds: 1)))
  }

  @Test("Each record of concurrent writers is written once, with few appends")
  func recordsAreWrittenOnceWithFewAppends() async throws {
    let store = MemoryStateStore()
    let journal = JournalWriter(store: store, environment: "dev")
    try await withThrowingTaskGroup { group in
      for number in 0..<Self.writers { group.addTask { try await journal.write(intent(number)) } }
      try await group.waitForAll()
    }
    let entries = try await store.journal(of: "dev", id: nil, limit: 10_000)
    #expect(entries.count == Self.writers)
    #expect(Set(entries.map(\.intent.step)).count == Self.writers)
    #expect(store.callCount(.append) < Self.writers / 2)
  }

  @Test("A failed append fails every writer of its group, and later records are written")
  func failedAppendFailsItsGroup() async throws {
    let store = MemoryStateStore()
    let journal = JournalWriter(store: store, environment: "dev")
    store.fail(.append, times: 1)
    let failures = await withTaskGroup(of: Bool.self) { group in
      for number in 0..<Self.writers {
        group.addTask {
          do {
            try await journal.write(intent(number))
            return false
          } catch {
            return true
          }
        }
      }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    let entries = try await store.journal(of: "dev", id: nil, limit: 10_000)
    #expect(failures > 0)
    #expect(
      entries.count + failures == Self.writers, "exactly the records of callers without an error are stored")
    try await journal.write(intent(Self.writers))
    #expect(try await store.journal(of: "dev", id: nil, limit: 10_000).count == entries.count + 1)
  }

  @Test("A record with a lost lease does not reject the others of its group")
  func lostLeaseRejectsOnlyItsRecord() async throws {
    let store = MemoryStateStore()
    let leaseStatus = try await store.recordHeartbeat(
      ControllerHeartbeat(ControllerReplica(name: "a")), in: "dev")
    var tokens = leaseStatus.tokens
    let lost = KeyRange(of: .fake("r0"))
    tokens[lost] = 0
    let fenced = store.fenced(by: FencingTokens(replica: "a", tokens: tokens))
    let journal = JournalWriter(store: fenced, environment: "dev")
    let rejected = await withTaskGroup(of: Bool.self) { group in
      for number in 0..<Self.writers {
        group.addTask {
          do {
            try await journal.write(intent(number))
            return false
          } catch {
            return (error as? StoreError)?.code == .leaseLost
          }
        }
      }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(rejected == (0..<Self.writers).count { KeyRange(of: .fake("r\($0)")) == lost })
    #expect(try await store.journal(of: "dev", id: nil, limit: 1000).count == Self.writers - rejected)
  }
}
