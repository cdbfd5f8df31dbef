import ArgumentParser
import ControlPlane
import JobModel
import Model
import Testing

@testable import ControlPlane
@testable import rendertrust

/// How job and node commands use a job service.
@Suite(.timeLimit(.minutes(1)))
struct OpenJobServiceTests {
  private static func id(_ number: Int) -> String {
    let digits = String(number)
    return "1" + String(repeating: "0", count: 15 - digits.count) + digits
  }

  /// 450 jobs, newest first. All IDs begin with 1.
  private static let many = (0..<450).reversed().map { Samples.job(id: id($0)) }

  @Test("A job is found by its ID or a unique prefix, beyond the first page too")
  func lookup() async throws {
    let open = FakeJobService([Samples.job(id: "5abcdefgh0123456")] + Self.many).open
    let id = try await open.id("5ABCDEFGH0123456")
    let short = try await open.id("5a")
    let old = try await open.id(Self.id(7))
    #expect(id == short && short.text == "5abcdefgh0123456" && old.text == Self.id(7))
    let prefix = try await open.id(Self.id(123))
    #expect(prefix.text == Self.id(123))
  }

  @Test(
    "An ambiguous or unknown prefix is an error",
    arguments: [("1", "450 jobs begin"), ("7", "no job begins"), ("", "no job begins")])
  func invalidPrefix(text: String, expected: String) async {
    let open = FakeJobService(Self.many).open
    let failure = await #expect(throws: CommandFailure.self) { try await open.id(text) }
    #expect(failure?.message.hasPrefix(expected) == true, "\(failure?.message ?? "no message")")
  }

  @Test("Watching ends when the job ends or the service fails")
  func watching() async throws {
    let versions = [
      Samples.job(.dispatched) { $0.version = 2 }, Samples.job { $0.version = 3 },
      Samples.job { $0.version = 3 }, Samples.job(.failed) { $0.version = 4 },
    ]
    let end = try await FakeJobService(next: versions).open.watch(Samples.job(.pending), prints: .nothing)
    #expect(end.state == .failed && end.version == 4)
    let service = FakeJobService(next: [versions[0]])
    let failure = await #expect(throws: CommandFailure.self) {
      try await service.open.watch(Samples.job(.pending), prints: .nothing)
    }
    #expect(failure?.message.contains("does not answer") == true)
  }

  @Test("Draining ends when no attempt runs on the node")
  func draining() async throws {
    let busy = Samples.node("a", used: 2, isCordonedByOperator: true)
    let service = FakeJobService(
      nodes: [
        [busy], [busy], [Samples.node("a", used: 1, isCordonedByOperator: true)],
        [Samples.node("a", isCordonedByOperator: true)],
      ])
    let cordoned = try await service.open.cordon("Node/a", true)
    #expect(service.cordoned == ["a": true] && cordoned.slotsUsed == 2)
    let end = try await service.open.drain(
      cordoned, until: Samples.now + TimeSpan(seconds: 1), on: StatusLine(isForPrograms: true))
    #expect(end.slotsUsed == 0)
    let failure = await #expect(throws: CommandFailure.self) { try await service.open.cordon("b", true) }
    #expect(failure?.message == "there is no node ‘b’; did you mean `a`?")
  }
}
