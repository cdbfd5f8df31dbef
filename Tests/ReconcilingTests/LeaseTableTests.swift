import Model
import RandomSupport
import Reconciling
import ReconcilingSupport
import Testing

@Suite struct LeaseTableTests {
  private let a = ControllerReplica(name: "a")
  private let b = ControllerReplica(name: "b")
  private let start = Timestamp(seconds: 100)
  private func at(_ seconds: Int64) -> Timestamp { start + TimeSpan(seconds: seconds) }

  @Test("A range changes hands only after its holder releases it")
  func rangeChangesHandsAfterRelease() {
    var table = LeaseTable()
    #expect(table.record(ControllerHeartbeat(a), now: start).holdsAll)
    var other = table.record(ControllerHeartbeat(b), now: start)
    #expect(other.tokens.isEmpty && other.assigned.count == 8)
    var mine = table.record(ControllerHeartbeat(a), now: at(1))
    #expect(mine.holdsAll && mine.assigned.count == 8, "it learns of the assignment and keeps the ranges")
    let foreign = Set(mine.tokens.keys).subtracting(mine.assigned)
    // A released range that is assigned to it is kept.
    mine = table.record(ControllerHeartbeat(a, released: foreign.union([.first])), now: at(2))
    #expect(mine.tokens.count == 8 && mine.tokens[.first] == 1)
    other = table.record(ControllerHeartbeat(b), now: at(2))
    #expect(Set(other.tokens.keys) == foreign && other.tokens.values.allSatisfy { $0 == 2 })
  }

  @Test("A replica without heartbeats loses its ranges and tokens")
  func silentReplicaLosesItsRanges() {
    var table = LeaseTable()
    _ = table.record(ControllerHeartbeat(a), now: start)
    #expect(table.record(ControllerHeartbeat(b), now: at(5)).tokens.isEmpty)
    let other = table.record(ControllerHeartbeat(b), now: at(6))
    #expect(other.holdsAll && other.evicted == [a])
    #expect(KeyRange.all.allSatisfy { !table.isCurrent(1, of: $0) })
    let back = table.record(ControllerHeartbeat(a), now: at(7))
    #expect(back.tokens.isEmpty && back.others == [b], "it joins again after the other")
  }

  @Test("A late heartbeat of a replica that was not evicted changes nothing")
  func lateHeartbeatChangesNothing() {
    var table = LeaseTable()
    let first = table.record(ControllerHeartbeat(a), now: start)
    #expect(table.record(ControllerHeartbeat(a), now: at(3600)).tokens == first.tokens)
  }

  @Test("The leases of a process that has ended do not have to expire")
  func endedProcessLosesItsLeasesAtOnce() {
    var table = LeaseTable()
    _ = table.record(ControllerHeartbeat(a), now: start)
    let leaseStatus = table.record(ControllerHeartbeat(b, isGone: { $0.name == "a" }), now: at(1))
    #expect(leaseStatus.holdsAll && leaseStatus.evicted == [a])
  }

  @Test("A leaving replica releases everything at once")
  func leavingReplicaReleasesEverything() {
    var table = LeaseTable()
    _ = table.record(ControllerHeartbeat(a), now: start)
    table.leave("a", now: at(1))
    #expect(table.memberships.isEmpty && !table.isCurrent(1, of: .first))
    #expect(table.record(ControllerHeartbeat(b), now: at(1)).tokens[.first] == 2)
  }

  @Test("Exclusive replicas acquire all ranges one after the other")
  func exclusiveReplicasTakeTurns() {
    var table = LeaseTable()
    _ = table.record(ControllerHeartbeat(a), now: start)
    let (x, y) = (
      ControllerReplica(name: "x", isExclusive: true), ControllerReplica(name: "y", isExclusive: true)
    )
    #expect(table.record(ControllerHeartbeat(x), now: start).tokens.isEmpty)
    #expect(table.record(ControllerHeartbeat(y), now: start).tokens.isEmpty)
    let yielding = table.record(ControllerHeartbeat(a), now: start)
    #expect(yielding.assigned.isEmpty && yielding.exclusive == x)
    _ = table.record(ControllerHeartbeat(a, released: Set(KeyRange.all)), now: start)
    #expect(table.record(ControllerHeartbeat(y), now: start).tokens.isEmpty, "x was first")
    #expect(table.record(ControllerHeartbeat(x), now: start).holdsAll)
    table.leave("x", now: start)
    #expect(table.record(ControllerHeartbeat(a), now: start).tokens.isEmpty)
    #expect(table.record(ControllerHeartbeat(y), now: start).holdsAll)
    table.leave("y", now: start)
    #expect(table.record(ControllerHeartbeat(a), now: start).holdsAll)
  }

  /// With any lost and late heartbeats, no replica holds a range under a token that another one had.
  @Test("A token never has two holders", arguments: 0..<SoakSeeds.count(300))
  func tokenHasOneHolder(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var table = LeaseTable()
    var now = start
    var owners: [String: String] = [:]
    var released: [String: Set<KeyRange>] = [:]
    for _ in 0..<300 {
      now = now + TimeSpan(milliseconds: Int64.random(in: 0...2500, using: &random))
      let number = Int.random(in: 0..<5, using: &random)
      let name = "r\(number)"
      guard Int.random(in: 0..<12, using: &random) > 0 else {
        table.leave(name, now: now)
        continue
      }
      let replica = ControllerReplica(name: name, isExclusive: number == 4)
      let heartbeat = ControllerHeartbeat(replica, released: released[name] ?? [])
      let leaseStatus = table.record(heartbeat, now: now)
      released[name] = Set(leaseStatus.tokens.keys).subtracting(leaseStatus.assigned)
      for (range, token) in leaseStatus.tokens {
        let owner = owners["\(range) \(token)", default: name]
        #expect(owner == name, "seed \(seed): range \(range), token \(token)")
        owners["\(range) \(token)"] = name
        #expect(table.isCurrent(token, of: range), "seed \(seed)")
      }
    }
  }
}
