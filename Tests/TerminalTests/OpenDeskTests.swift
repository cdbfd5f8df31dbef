import ArgumentParser
import ControlPlane
import JobModel
import Model
import Testing

@testable import ControlPlane
@testable import rendertrust

/// What commands do between the terminal and the scheduler.
@Suite(.timeLimit(.minutes(1)))
struct OpenDeskTests {
  private static func id(_ number: Int) -> String {
    let digits = String(number)
    return "1" + String(repeating: "0", count: 15 - digits.count) + digits
  }

  /// 450 jobs, the newest first; all begin with 1.
  private static let many = (0..<450).reversed().map { Samples.job(id: id($0)) }

  @Test("A job is named by its ID, or by how it begins, also far back")
  func lookup() async throws {
    let open = FakeJobService([Samples.job(id: "5abcdefgh0123456")] + Self.many).open
    let whole = try await open.id("5ABCDEFGH0123456")
    let begin = try await open.id("5a")
    let old = try await open.id(Self.id(7))
    #expect(whole == begin && begin.text == "5abcdefgh0123456" && old.text == Self.id(7))
    let prefix = try await open.id(Self.id(123))
    #expect(prefix.text == Self.id(123))
  }

  @Test(
    "What names several or none is said, with some of them",
    arguments: [("1", "450 jobs begin"), ("7", "no job begins"), ("", "no job begins")])
  func unclear(text: String, expected: String) async {
    let open = FakeJobService(Self.many).open
    let failure = await #expect(throws: CommandFailure.self) { try await open.id(text) }
    #expect(failure?.message.hasPrefix(expected) == true, "\(failure?.message ?? "nothing was said")")
  }

  @Test("Watching ends with the job, or with what the scheduler says")
  func watching() async throws {
    let versions = [
      Samples.job(.dispatched) { $0.version = 2 }, Samples.job { $0.version = 3 },
      Samples.job { $0.version = 3 }, Samples.job(.failed) { $0.version = 4 },
    ]
    let end = try await FakeJobService(next: versions).open.watch(Samples.job(.pending), prints: .nothing)
    #expect(end.state == .failed && end.version == 4)
    let desk = FakeJobService(next: [versions[0]])
    let failure = await #expect(throws: CommandFailure.self) {
      try await desk.open.watch(Samples.job(.pending), prints: .nothing)
    }
    #expect(failure?.message.contains("does not answer") == true)
  }

  @Test("A node is drained when nothing runs there")
  func draining() async throws {
    let busy = Samples.node("a", used: 2, isHeld: true)
    let desk = FakeJobService(
      nodes: [[busy], [busy], [Samples.node("a", used: 1, isHeld: true)], [Samples.node("a", isHeld: true)]])
    let held = try await desk.open.hold("Node/a", true)
    #expect(desk.held == ["a": true] && held.slotsUsed == 2)
    let end = try await desk.open.drain(
      held, until: Samples.now + TimeSpan(seconds: 1), on: StatusLine(isForPrograms: true))
    #expect(end.slotsUsed == 0)
    let failure = await #expect(throws: CommandFailure.self) { try await desk.open.hold("b", true) }
    #expect(failure?.message == "there is no node ‘b’; did you mean `a`?")
  }
}
