import Model
import Reconciling
import ReconcilingSupport
import Testing

/// The value alone, checked twice a second as a controller does.
@Suite struct QuietPeriodTests {
  private static let start = Timestamp(seconds: 1000)
  private let digest = Digest(of: "manifests")

  private func wait(
    _ period: QuietPeriod, _ removals: [String] = ["a"], losesData: Bool = true
  ) -> PendingRemoval? {
    period.wait(
      for: digest, removing: removals.map { .fake($0) }, losesData: losesData, at: QuietPeriodTests.start)
  }

  private func check(
    _ period: inout QuietPeriod, every milliseconds: Int64 = 500, until seconds: Int64
  ) -> QuietPeriod.Check {
    var last = QuietPeriod.Check.waiting
    for time in stride(from: milliseconds, through: seconds * 1000, by: Int(milliseconds)) {
      last = period.check(at: QuietPeriodTests.start + TimeSpan(milliseconds: Int64(time)))
      if last == .over { break }
    }
    return last
  }

  @Test(
    "Removals that destroy data wait for the whole period", arguments: [(29, false), (30, true), (31, true)])
  func destructive(seconds: Int64, isOver: Bool) throws {
    var period = QuietPeriod(TimeSpan(seconds: 30))
    let removal = try #require(wait(period))
    #expect(removal.dueAt == Self.start + TimeSpan(seconds: 30))
    period.begin(removal, at: Self.start)
    #expect((check(&period, until: seconds) == .over) == isOver)
  }

  @Test("Other removals wait two seconds, or less with a shorter period")
  func harmless() throws {
    for (length, expected) in [(30, 2), (2, 2), (1, 1)] as [(Int64, Int64)] {
      let removal = try #require(wait(QuietPeriod(TimeSpan(seconds: length)), losesData: false))
      #expect(removal.dueAt == Self.start + TimeSpan(seconds: expected))
    }
  }

  @Test("Nothing waits without removals or without a period")
  func noWait() {
    #expect(wait(QuietPeriod(TimeSpan(seconds: 30)), []) == nil)
    #expect(wait(QuietPeriod(TimeSpan(seconds: 0))) == nil)
  }

  @Test("Other manifests begin the period again")
  func restart() throws {
    var period = QuietPeriod(TimeSpan(seconds: 30))
    let removal = try #require(wait(period))
    period.begin(removal, at: Self.start)
    #expect(check(&period, until: 29) == .waiting)
    let later = Self.start + TimeSpan(seconds: 29)
    period.begin(removal, at: later)
    #expect(period.check(at: later + TimeSpan(seconds: 2)) != .over)
  }

  @Test("Time in which the process was stopped does not count, nor does a clock that is set")
  func stopped() throws {
    var period = QuietPeriod(TimeSpan(seconds: 30))
    let removal = try #require(wait(period))
    period.begin(removal, at: Self.start)
    let resumed = Self.start + TimeSpan(seconds: 3600)
    guard case .delayed(let later) = period.check(at: resumed) else {
      Issue.record("a stopped process has not seen what changed")
      return
    }
    #expect(later.dueAt == resumed + TimeSpan(seconds: 28), "at most two seconds of a gap count")
    #expect(later.since == removal.since && period.pending == later)
    #expect(period.check(at: Self.start) == .waiting, "the clock was set back")
    #expect(period.end() == later && period.pending == nil)
  }

  @Test("The countdown names the resources, and ends when the time is over")
  func countdown() throws {
    let removal = try #require(wait(QuietPeriod(TimeSpan(seconds: 30)), ["p1", "p2"]))
    let text = removal.sentence(now: Self.start + TimeSpan(milliseconds: 5_500))
    #expect(
      text == "2 resources leave in 25s unless the manifests change again: Fake/p1, Fake/p2", "\(text ?? "")")
    #expect(removal.sentence(now: removal.dueAt) == nil)
    #expect(PendingRemoval(removal.value) == removal)
  }
}
