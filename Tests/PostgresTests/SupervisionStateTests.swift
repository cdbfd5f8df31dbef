import Model
import Testing

@testable import Postgres

@Suite struct SupervisionStateTests {
  private let start = ContinuousClock.now

  private func at(_ milliseconds: Int) -> ContinuousClock.Instant { start + .milliseconds(milliseconds) }

  private func failure(_ text: String) -> PostgresError { PostgresError(.server, text, server: "x") }

  @Test("A server that runs is left alone") func running() {
    var state = SupervisionState(at: start)
    for time in [0, 200, 400] {
      let (action, event) = state.check(7, isSuspect: false, at: at(time))
      #expect(action == .none && event == nil)
    }
    #expect(state.restartCount == 0 && state.downSince == nil)
  }

  @Test("A server that ended is restarted after a tenth of a second, and the restart is counted")
  func ended() {
    var state = SupervisionState(at: start)
    _ = state.check(7, isSuspect: false, at: at(0))
    let (action, event) = state.check(nil, isSuspect: false, at: at(100_000))
    #expect(action == .none && event == .down)
    #expect(state.check(nil, isSuspect: false, at: at(100_050)).action == .none)
    #expect(state.check(nil, isSuspect: false, at: at(100_100)).action == .revive)
    #expect(state.isDown(longerThan: .milliseconds(150), at: at(100_200)))
    #expect(state.recordAnswer(of: 8, at: at(100_300)) == .back(after: .milliseconds(300)))
    #expect(state.restartCount == 1 && state.downSince == nil)
    #expect(state.check(8, isSuspect: false, at: at(100_400)).action == .none)
  }

  @Test("Restarts that fail wait longer each time, at most a second, and each reason is reported once")
  func failing() {
    var state = SupervisionState(at: start)
    _ = state.check(7, isSuspect: false, at: at(0))
    _ = state.check(nil, isSuspect: false, at: at(70_000))
    #expect(state.recordFailure(failure("disk full"), at: at(70_100)) == .failing(failure("disk full")))
    var (now, waits): (Int, [Int]) = (70_100, [])
    for _ in 0..<5 {
      let begun = now
      while state.check(nil, isSuspect: false, at: at(now)).action == .none { now += 50 }
      waits.append(now - begun)
      #expect(state.recordFailure(failure("disk full"), at: at(now)) == nil)
    }
    #expect(waits == [200, 400, 800, 1000, 1000])
    #expect(state.recordFailure(failure("no space"), at: at(now)) == .failing(failure("no space")))
    #expect(state.problem?.message == "no space")
    #expect(state.recordAnswer(of: 9, at: at(now)) != nil)
    #expect(state.problem == nil)
  }

  @Test("A server that a statement could not reach is checked, and that is no restart") func suspect() {
    var state = SupervisionState(at: start)
    _ = state.check(7, isSuspect: false, at: at(0))
    #expect(state.check(7, isSuspect: true, at: at(200)).action == .revive)
    #expect(state.recordAnswer(of: 7, at: at(210)) == nil)
    #expect(state.restartCount == 0)
  }

  @Test("A server that another process restarted counts as restarted") func replaced() {
    var state = SupervisionState(at: start)
    _ = state.check(7, isSuspect: false, at: at(0))
    let (action, event) = state.check(9, isSuspect: false, at: at(200))
    #expect(action == .revive && event == nil)
    #expect(state.recordAnswer(of: 9, at: at(210)) == nil)
    #expect(state.restartCount == 1)
  }
}
