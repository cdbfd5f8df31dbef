import ArgumentParser
import Glibc
import Testing

@testable import rendertrust

/// What a command does when its output cannot be written.
@Suite(.timeLimit(.minutes(1)))
struct StandardStreamTests {
  init() { signal(SIGPIPE, SIG_IGN) }

  private func pipe() -> (reader: Int32, writer: Int32) {
    var ends: [Int32] = [0, 0]
    Glibc.pipe(&ends)
    return (ends[0], ends[1])
  }

  private func read(_ descriptor: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
  }

  @Test("A closed pipe drops the text and does not end the process")
  func closedPipe() {
    let (reader, writer) = pipe()
    defer { close(writer) }
    let stream = StandardStream(descriptor: writer)
    stream.write("first\n")
    #expect(stream.condition == .open)
    close(reader)
    stream.write("second\n")
    #expect(stream.condition == .closed)
    #expect(!stream.log("third"))
  }

  @Test("A full disk is a failure, and text after it is dropped")
  func fullDisk() {
    let descriptor = open("/dev/full", O_WRONLY)
    defer { close(descriptor) }
    let stream = StandardStream(descriptor: descriptor)
    stream.write("lost\n")
    #expect(stream.condition == .failed(ENOSPC))
    let (reader, writer) = pipe()
    defer { for end in [reader, writer] { close(end) } }
    dup2(writer, descriptor)
    stream.write("dropped\n")
    #expect(stream.log("kept"), "a log line is written as soon as there is space again")
    #expect(read(reader) == "kept\n")
    #expect(stream.condition == .failed(ENOSPC), "the first failure stays")
  }

  @Test("A closed descriptor is a failure")
  func closedDescriptor() {
    let stream = StandardStream(descriptor: 1_000_000)
    stream.write("lost\n")
    #expect(stream.condition == .failed(EBADF))
  }

  @Test("A slow reader of a non-blocking pipe gets the whole text")
  func slowReader() async {
    let (reader, writer) = pipe()
    defer { for end in [reader, writer] { close(end) } }
    _ = fcntl(writer, F_SETFL, O_NONBLOCK)
    let stream = StandardStream(descriptor: writer)
    let text = String(repeating: "0123456789abcdef", count: 20_000)
    async let total = count(of: reader, until: text.utf8.count)
    stream.write(text)
    #expect(stream.condition == .open)
    #expect(await total == text.utf8.count)
  }

  @concurrent private func count(of descriptor: Int32, until total: Int) async -> Int {
    var count = 0
    while count < total {
      let read = read(descriptor).utf8.count
      guard read > 0 else { break }
      count += read
    }
    return count
  }

  private static let full = StandardStream.Condition.failed(ENOSPC)

  @Test(
    "The exit code of a query states whether its output was written, that of a change its result",
    arguments: [
      (0, .open, false, 0, "written"), (0, .closed, false, 0, "the reader has what it wants"),
      (0, full, false, 1, "the result is lost"), (3, full, false, 1, "the difference is lost"),
      (3, .closed, false, 3, "there is a difference"), (4, full, false, 4, "blocked is more specific"),
      (0, full, true, 0, "everything is applied"), (1, full, true, 1, "a step failed"),
      (1, .closed, true, 1, "a closed pipe does not hide a failure"),
    ] as [(Int32, StandardStream.Condition, Bool, Int32, String)])
  func exitCode(
    code: Int32, output: StandardStream.Condition, isChange: Bool, expected: Int32, reason: String
  ) {
    let end = ExitCode(code).afterOutput(output, isChange: isChange)
    #expect(end.rawValue == expected, "\(reason)")
  }

  @Test("Every command that changes something is a change")
  func changes() {
    func names(_ command: any ParsableCommand.Type, _ path: String) -> [String] {
      let configuration = command.configuration
      let nested = configuration.subcommands + configuration.groupedSubcommands.flatMap(\.subcommands)
      let own = command is any ChangeCommand.Type ? [path] : []
      return own + nested.flatMap { names($0, path.isEmpty ? $0._commandName : "\(path) \($0._commandName)") }
    }
    let expected = [
      "apply", "backup now", "billing dismiss", "billing erase", "billing replay", "credits grant", "destroy",
      "environments forget", "environments rename", "import", "job cancel", "ledger erase", "ledger export",
      "node cordon", "node drain", "node uncordon",
      "rollback", "scheduler", "server", "token revoke", "up",
    ]
    #expect(Set(names(RenderTrust.self, "")).sorted() == expected)
  }
}
