import Model
import Testing

@testable import DockerEngine

/// What a process says, from the bytes of the stream.
struct OutputFramesTests {
  private static func frame(_ stream: UInt8, _ text: String) -> [UInt8] {
    let length = UInt32(text.utf8.count)
    return [stream, 0, 0, 0] + (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) } + text.utf8
  }

  @Test("Frames are the same however the bytes are cut", arguments: [1, 2, 3, 7, 8, 9, 1000])
  func cuts(size: Int) {
    let bytes =
      Self.frame(2, "17\nerr") + Self.frame(1, "out") + Self.frame(1, "") + Self.frame(2, "or\nend\n")
      + Self.frame(1, "put") + Self.frame(2, "\nmark\n0m0.01s 0m0.02s\n1m0.5s 0m0.250000s\n")
    var said = ProcessOutput(mark: "mark", maxOutputBytes: 100, maxErrorBytes: 100)
    var lines: [String] = []
    for start in stride(from: 0, to: bytes.count, by: size) {
      lines += said.feed(bytes[start..<min(start + size, bytes.count)]).map {
        String(decoding: $0, as: UTF8.self)
      }
    }
    #expect(lines == ["error", "end", ""])
    #expect(said.group == 17)
    #expect(String(decoding: said.output, as: UTF8.self) == "output")
    #expect(said.cpuTime == TimeSpan(milliseconds: 60_780))
    #expect(!said.isMalformed && !said.hasTooMuch)
  }

  @Test(
    "Malformed frames are detected",
    arguments: [
      ([9, 0, 0, 0, 0, 0, 0, 1, 65], "a stream that there is not"),
      ([1, 1, 0, 0, 0, 0, 0, 1, 65], "something where zeros belong"),
      (Array("HTTP/1.1 200 OK".utf8), "text"),
    ] as [([UInt8], String)])
  func malformedFramesAreDetected(bytes: [UInt8], reason: String) {
    var said = ProcessOutput(mark: nil, maxOutputBytes: 10, maxErrorBytes: 10)
    _ = said.feed(bytes[...])
    #expect(said.isMalformed, "\(reason)")
  }

  @Test("The length of a frame costs no memory before its bytes arrive")
  func theLengthOfAFrameCostsNoMemoryBeforeItsBytes() {
    var said = ProcessOutput(mark: nil, maxOutputBytes: 10, maxErrorBytes: 10)
    _ = said.feed([1, 0, 0, 0, 255, 255, 255, 255, 65, 66][...])
    #expect(said.output == [65, 66])
    _ = said.feed([UInt8](repeating: 67, count: 20)[...])
    #expect(said.output.count == 10 && said.hasTooMuch)
  }

  @Test("Lines after the mark are limited") func linesAfterTheMarkAreLimited() {
    var said = ProcessOutput(mark: "mark", maxOutputBytes: 10, maxErrorBytes: 1000)
    _ = said.feed(Self.frame(2, "17\nmark\n0m0.01s 0m0.02s\n0m0.5s 0m0.25s\n")[...])
    for _ in 0..<100 { _ = said.feed(Self.frame(2, "0m9.0s 0m9.0s\n")[...]) }
    #expect(said.keptTimes == 2 && said.cpuTime == TimeSpan(milliseconds: 780))
  }

  @Test("Lines of errors are bounded") func linesOfErrorsAreBounded() {
    var said = ProcessOutput(mark: nil, maxOutputBytes: 10, maxErrorBytes: 1000)
    var longest = 0
    for _ in 0..<40 {
      let piece = Self.frame(2, String(repeating: "x", count: 10_000))
      for line in said.feed(piece[...]) { longest = max(longest, line.count) }
    }
    for line in said.feed(Self.frame(2, "\n")[...]) { longest = max(longest, line.count) }
    #expect(longest == 64 << 10)
    #expect(said.lastErrors.count == 1000)
  }

  @Test("A process cannot pretend to be the wrapper")
  func aProcessCannotPretendToBeTheWrapper() {
    var said = ProcessOutput(mark: "end of 5", maxOutputBytes: 10, maxErrorBytes: 100)
    _ = said.feed(
      Self.frame(2, "7\n8\nend of 6\n9m0.0s 9m0.0s\n\nend of 5\n0m0.0s 0m0.0s\n0m0.1s 0m0.0s\n")[...])
    #expect(said.group == 7)
    #expect(said.cpuTime == TimeSpan(milliseconds: 100))
  }
}
