import Model
import Reconciling
import ReconcilingSupport
import Testing

/// The value alone, checked twice a second as a controller does.
@Suite struct QuietPeriodTests {
  private static let start = Timestamp(seconds: 1000)

  private func removal(_ name: String, losesData: Bool = true, content: String = "1") -> QuietPeriod.Removal {
    QuietPeriod.Removal(id: .fake(name), digest: Digest(of: name + content), losesData: losesData)
  }

  private func time(_ milliseconds: Int64) -> Timestamp {
    Self.start + TimeSpan(milliseconds: milliseconds)
  }

  /// Checks the period twice a second within a span of seconds after the start.
  private func check(_ period: inout QuietPeriod, _ seconds: Range<Int64>) {
    for half in seconds.lowerBound * 2 + 1...seconds.upperBound * 2 { _ = period.check(at: time(half * 500)) }
  }

  @Test(
    "Removals that destroy data wait for the whole period, others for two seconds at most",
    arguments: [
      (30, true, 29, false), (30, true, 30, true), (30, false, 1, false), (30, false, 2, true),
      (1, false, 1, true),
    ] as [(Int64, Bool, Int64, Bool)])
  func length(length: Int64, losesData: Bool, seconds: Int64, isOver: Bool) throws {
    var period = QuietPeriod(TimeSpan(seconds: length))
    let change = period.follow([removal("a", losesData: losesData)], at: Self.start)
    #expect(change.begun == period.pending && change.cancelled == [])
    #expect(change.begun.first?.dueAt == Self.start + TimeSpan(seconds: losesData ? length : min(2, length)))
    check(&period, 0..<seconds)
    #expect(period.waiting.isEmpty == isOver)
    #expect(period.pending.count == 1, "it is pending until it is recorded")
  }

  @Test("Nothing waits without removals or without a period")
  func noWait() {
    var period = QuietPeriod(TimeSpan(seconds: 30))
    let none = period.follow([], at: Self.start)
    #expect(none.isEmpty && period.waiting.isEmpty)
    var off = QuietPeriod(TimeSpan(seconds: 0))
    let ignored = off.follow([removal("a")], at: Self.start)
    #expect(ignored.isEmpty && off.waiting.isEmpty)
  }

  @Test("Each removal has its own countdown, which other removals neither begin again nor end")
  func independence() {
    var period = QuietPeriod(TimeSpan(seconds: 30))
    _ = period.follow([removal("a")], at: Self.start)
    check(&period, 0..<20)
    let second = period.follow([removal("a"), removal("b")], at: time(20_000))
    #expect(second.begun.map(\.id) == [.fake("b")] && second.cancelled == [])
    check(&period, 20..<25)
    let same = period.follow([removal("a"), removal("b")], at: time(25_000))
    #expect(same.isEmpty)
    check(&period, 25..<30)
    #expect(period.waiting == [.fake("b")])
    period.end([.fake("a")])
    let recorded = period.follow([removal("b")], at: time(30_000))
    #expect(recorded.isEmpty)
    check(&period, 30..<49)
    #expect(period.waiting == [.fake("b")])
    check(&period, 49..<50)
    #expect(period.waiting.isEmpty)
  }

  @Test("A countdown is cancelled by its own resource, and begins again when something else is removed")
  func cancellation() {
    var period = QuietPeriod(TimeSpan(seconds: 30))
    _ = period.follow([removal("a"), removal("b")], at: Self.start)
    check(&period, 0..<29)
    let back = period.follow([removal("b")], at: time(29_000))
    #expect(back.cancelled == [.fake("a")] && back.begun == [])
    let gone = period.follow([removal("a"), removal("b", content: "2")], at: time(29_500))
    #expect(gone.begun.map(\.id) == [.fake("a"), .fake("b")])
    check(&period, 30..<59)
    #expect(period.waiting == [.fake("a"), .fake("b")])
    check(&period, 59..<60)
    #expect(period.waiting.isEmpty)
  }

  @Test("Time in which the process was stopped does not count, nor does a clock that is set")
  func stopped() throws {
    var period = QuietPeriod(TimeSpan(seconds: 30))
    let removal = try #require(period.follow([removal("a")], at: Self.start).begun.first)
    let resumed = Self.start + TimeSpan(seconds: 3600)
    let isDelayed = period.check(at: resumed)
    #expect(isDelayed, "a stopped process has not seen what changed")
    let later = try #require(period.pending.first)
    #expect(later.dueAt == resumed + TimeSpan(seconds: 28), "at most two seconds of a gap count")
    #expect(later.since == removal.since)
    let isDelayedAgain = period.check(at: Self.start)
    #expect(!isDelayedAgain, "the clock was set back")
    #expect(period.waiting == [.fake("a")])
    let ended = period.end()
    #expect(ended == [later] && period.pending == [])
  }

  @Test("The countdown names the resources, and ends when the time is over")
  func countdown() throws {
    var period = QuietPeriod(TimeSpan(seconds: 30))
    let removals = period.follow([removal("p2"), removal("p1")], at: Self.start).begun
    let now = time(5_500)
    let text = removals.sentence(now: now)
    #expect(
      text == "2 resources leave in 25s unless the manifests declare them again: Fake/p1, Fake/p2",
      "\(text ?? "")")
    let soon = PendingRemoval(
      id: .fake("z"), digest: Digest(of: "z"), losesData: false, since: now,
      dueAt: now + TimeSpan(seconds: 2))
    #expect(
      (removals + [soon]).sentence(now: now)?.hasPrefix("3 resources leave in 2s to 25s unless") == true)
    #expect([soon].sentence(now: now)?.contains("unless the manifests declare it again: Fake/z") == true)
    #expect(removals.sentence(now: Self.start + TimeSpan(seconds: 30)) == nil)
    #expect(removals.allSatisfy { PendingRemoval($0.value) == $0 })
  }
}
