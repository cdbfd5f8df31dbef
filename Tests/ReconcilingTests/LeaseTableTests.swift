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

  @Test func `a range changes hands only once its holder has let go of it`() {
    var table = LeaseTable()
    #expect(table.record(ControllerHeartbeat(a), now: start).holdsAll)
    var other = table.record(ControllerHeartbeat(b), now: start)
    #expect(other.tokens.isEmpty && other.assigned.count == 8)
    var mine = table.record(ControllerHeartbeat(a), now: at(1))
    #expect(mine.holdsAll && mine.assigned.count == 8, "it is told, and holds on")
    let foreign = Set(mine.tokens.keys).subtracting(mine.assigned)
    // Also what it is to keep: it does not lose that by mistake.
    mine = table.record(ControllerHeartbeat(a, released: foreign.union([.first])), now: at(2))
    #expect(mine.tokens.count == 8 && mine.tokens[.first] == 1)
    other = table.record(ControllerHeartbeat(b), now: at(2))
    #expect(Set(other.tokens.keys) == foreign && other.tokens.values.allSatisfy { $0 == 2 })
  }

  @Test func `who is not heard from loses everything, and its tokens with it`() {
    var table = LeaseTable()
    _ = table.record(ControllerHeartbeat(a), now: start)
    #expect(table.record(ControllerHeartbeat(b), now: at(5)).tokens.isEmpty)
    let other = table.record(ControllerHeartbeat(b), now: at(6))
    #expect(other.holdsAll && other.evicted == [a])
    #expect(KeyRange.all.allSatisfy { !table.isCurrent(1, of: $0) })
    let back = table.record(ControllerHeartbeat(a), now: at(7))
    #expect(back.tokens.isEmpty && back.others == [b], "it joins again, behind the other")
  }

  @Test func `a late heartbeat of a replica that nobody missed changes nothing`() {
    var table = LeaseTable()
    let first = table.record(ControllerHeartbeat(a), now: start)
    #expect(table.record(ControllerHeartbeat(a), now: at(3600)).tokens == first.tokens)
  }

  @Test func `a process that is known to be gone is not waited for`() {
    var table = LeaseTable()
    _ = table.record(ControllerHeartbeat(a), now: start)
    let leaseStatus = table.record(ControllerHeartbeat(b, isGone: { $0.name == "a" }), now: at(1))
    #expect(leaseStatus.holdsAll && leaseStatus.evicted == [a])
  }

  @Test func `who leaves leaves everything at once`() {
    var table = LeaseTable()
    _ = table.record(ControllerHeartbeat(a), now: start)
    table.leave("a", now: at(1))
    #expect(table.memberships.isEmpty && !table.isCurrent(1, of: .first))
    #expect(table.record(ControllerHeartbeat(b), now: at(1)).tokens[.first] == 2)
  }

  @Test func `commands that want everything get it one after the other`() {
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

  /// Whatever heartbeats are lost or late: nobody holds a range under a token that another had.
  @Test(arguments: 0..<SoakSeeds.count(300)) func `a token has one holder ever`(seed: UInt64) {
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
