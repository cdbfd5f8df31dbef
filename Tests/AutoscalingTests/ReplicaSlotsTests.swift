import Autoscaling
import Model
import RandomSupport
import Testing

/// The starts and stops of replica processes.
@Suite struct ReplicaSlotsTests {
  private static let start = Timestamp(seconds: 1_800_000_000)

  private static func at(_ seconds: Int64) -> Timestamp { start + TimeSpan(seconds: seconds) }

  @Test("Slots are filled from the first and emptied from the last")
  func slotOrder() {
    var slots = ReplicaSlots()
    #expect(slots.actions(desired: 3, at: Self.start) == [.start(0), .start(1), .start(2)])
    #expect(slots.actions(desired: 3, at: Self.start) == [], "a repeated call returns no action")
    #expect(slots.actions(desired: 1, at: Self.start) == [.stop(1), .stop(2)])
    #expect(slots.running == 3, "a stopping process counts until it has exited")
    #expect(
      slots.actions(desired: 3, at: Self.start) == [], "a slot does not start a second process meanwhile")
    slots.recordEnd(of: 1, at: Self.start)
    slots.recordEnd(of: 2, at: Self.start)
    #expect(slots.actions(desired: 2, at: Self.start) == [.start(1)])
  }

  @Test("The back-off doubles with each crash and resets after a stable run")
  func backOff() {
    var slots = ReplicaSlots()
    var now: Int64 = 0
    _ = slots.actions(desired: 1, at: Self.at(now))
    var backOffs: [Int64] = []
    for _ in 0..<9 {
      slots.recordEnd(of: 0, at: Self.at(now))
      let crash = now
      while slots.actions(desired: 1, at: Self.at(now)).isEmpty { now += 1 }
      backOffs.append(now - crash)
    }
    #expect(backOffs == [1, 2, 4, 8, 16, 32, 60, 60, 60])
    slots.recordEnd(of: 0, at: Self.at(now + 60))
    #expect(slots.actions(desired: 1, at: Self.at(now + 60)) == [])
    #expect(slots.actions(desired: 1, at: Self.at(now + 61)) == [.start(0)])
  }

  @Test(
    "After any sequence of exits the desired number of processes runs",
    arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
  func convergence(seed: UInt64) {
    print("seed \(seed)")
    var random = SeededRandom(seed: seed)
    var slots = ReplicaSlots()
    var running: Set<Int> = []
    var stopping: Set<Int> = []
    var now: Int64 = 0
    var desired = 0
    func perform(_ actions: [ReplicaSlots.Action]) {
      for action in actions {
        switch action {
        case .start(let slot):
          #expect(!stopping.contains(slot) && running.insert(slot).inserted, "slot \(slot) runs twice")
        case .stop(let slot):
          #expect(running.remove(slot) != nil)
          stopping.insert(slot)
        }
      }
    }
    for _ in 0..<500 {
      now += Int64(random.int(5))
      switch random.int(4) {
      case 0: desired = Int(random.int(11))
      case 1:
        if let slot = running.sorted().randomElement(using: &random) {
          running.remove(slot)
          slots.recordEnd(of: slot, at: Self.at(now))
        }
      case 2:
        if let slot = stopping.sorted().randomElement(using: &random) {
          stopping.remove(slot)
          slots.recordEnd(of: slot, at: Self.at(now))
        }
      default: break
      }
      perform(slots.actions(desired: desired, at: Self.at(now)))
      #expect(slots.running == running.count + stopping.count)
      #expect(running.count <= max(desired, 0))
    }
    for slot in stopping { slots.recordEnd(of: slot, at: Self.at(now)) }
    stopping = []
    perform(slots.actions(desired: desired, at: Self.at(now + 120)))
    #expect(running == Set(0..<desired))
  }
}
