import Autoscaling
import KindTestSupport
import Model
import Testing

/// Who is started and stopped.
@Suite struct ReplicaRosterTests {
  private static let begin = Timestamp(seconds: 1_800_000_000)

  private static func at(_ seconds: Int64) -> Timestamp { begin + TimeSpan(seconds: seconds) }

  @Test func `places are filled from the first and left from the last`() {
    var roster = ReplicaSlots()
    #expect(roster.orders(wanted: 3, at: Self.begin) == [.start(0), .start(1), .start(2)])
    #expect(roster.orders(wanted: 3, at: Self.begin) == [], "asking again orders nothing again")
    #expect(roster.orders(wanted: 1, at: Self.begin) == [.stop(1), .stop(2)])
    #expect(roster.running == 3, "who was told to go is there until he went")
    #expect(roster.orders(wanted: 3, at: Self.begin) == [], "and is not doubled meanwhile")
    roster.ended(1, at: Self.begin)
    roster.ended(2, at: Self.begin)
    #expect(roster.orders(wanted: 2, at: Self.begin) == [.start(1)])
  }

  @Test func `who falls rests longer each time, and a steady one is forgiven`() {
    var roster = ReplicaSlots()
    var now: Int64 = 0
    _ = roster.orders(wanted: 1, at: Self.at(now))
    var rests: [Int64] = []
    for _ in 0..<9 {
      roster.ended(0, at: Self.at(now))
      let fell = now
      while roster.orders(wanted: 1, at: Self.at(now)).isEmpty { now += 1 }
      rests.append(now - fell)
    }
    #expect(rests == [1, 2, 4, 8, 16, 32, 60, 60, 60])
    roster.ended(0, at: Self.at(now + 60))
    #expect(roster.orders(wanted: 1, at: Self.at(now + 60)) == [])
    #expect(roster.orders(wanted: 1, at: Self.at(now + 61)) == [.start(0)])
  }

  @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
  func `after any story as many work as are wanted`(seed: UInt64) {
    print("seed \(seed)")
    var random = SeededGenerator(seed: seed)
    var roster = ReplicaSlots()
    var working: Set<Int> = []
    var leaving: Set<Int> = []
    var now: Int64 = 0
    var wanted = 0
    func obey(_ orders: [ReplicaSlots.Order]) {
      for order in orders {
        switch order {
        case .start(let place):
          #expect(!leaving.contains(place) && working.insert(place).inserted, "\(place) is there twice")
        case .stop(let place):
          #expect(working.remove(place) != nil)
          leaving.insert(place)
        }
      }
    }
    for _ in 0..<500 {
      now += Int64(random.int(5))
      switch random.int(4) {
      case 0: wanted = Int(random.int(11))
      case 1:
        if let place = working.sorted().randomElement(using: &random) {
          working.remove(place)
          roster.ended(place, at: Self.at(now))
        }
      case 2:
        if let place = leaving.sorted().randomElement(using: &random) {
          leaving.remove(place)
          roster.ended(place, at: Self.at(now))
        }
      default: break
      }
      obey(roster.orders(wanted: wanted, at: Self.at(now)))
      #expect(roster.running == working.count + leaving.count)
      #expect(working.count <= max(wanted, 0))
    }
    for place in leaving { roster.ended(place, at: Self.at(now)) }
    leaving = []
    obey(roster.orders(wanted: wanted, at: Self.at(now + 120)))
    #expect(working == Set(0..<wanted))
  }
}
