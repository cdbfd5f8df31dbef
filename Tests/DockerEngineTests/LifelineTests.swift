import DockerSupport
import FoundationEssentials
import Glibc
import Testing

/// The private engine of tests ends with the test process, at whatever moment that ends.
@Suite(.enabled(if: getuid() == 0 && access("/usr/sbin/dockerd", X_OK) == 0), .timeLimit(.minutes(3)))
struct LifelineTests {
  enum Moment: CaseIterable { case beforeStart, duringStart, afterStart }

  private static let script =
    "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/scripts/docker-engine.sh"

  /// The processes that have the folder in their command line.
  private func processes(of folder: String) -> [String] {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return entries.filter { pid in
      guard Int(pid) != nil, let line = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else {
        return false
      }
      return String(decoding: line, as: UTF8.self).contains(folder + "/data")
    }
  }

  private func eventually(within limit: Duration, _ condition: () -> Bool) async throws -> Bool {
    let deadline = ContinuousClock.now + limit
    while !condition() {
      guard ContinuousClock.now < deadline else { return false }
      try await Task.sleep(for: .milliseconds(5))
    }
    return true
  }

  @Test("No engine is left when the pipe of its starter ends", arguments: Moment.allCases)
  func endsWithStarter(_ moment: Moment) async throws {
    var template = Array("/tmp/rt-lifeline-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    var ends: [Int32] = [-1, -1]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
    let (reading, writing) = (ends[0], ends[1])
    if moment == .beforeStart { close(writing) }
    async let start: Void = ChildProcess.run(
      Self.script, ["start", folder], environment: ["RENDERTRUST_LIFELINE": "1"], input: reading)
    if moment == .duringStart {
      let isStarting = try await eventually(within: .seconds(30)) { !processes(of: folder).isEmpty }
      close(writing)
      #expect(isStarting)
    }
    let result: Result<Void, any Error>
    do { result = .success(try await start) } catch { result = .failure(error) }
    if moment == .afterStart {
      _ = try result.get()
      #expect(!processes(of: folder).isEmpty)
      close(writing)
    }
    close(reading)
    let isGone = try await eventually(within: .seconds(60)) { processes(of: folder).isEmpty }
    #expect(isGone, "\(processes(of: folder))")
    try await ChildProcess.run(Self.script, ["stop", folder])
    try FileManager.default.removeItem(atPath: folder)
  }
}
