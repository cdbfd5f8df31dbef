import FoundationEssentials
import Glibc
import Manifests
import Model
import RandomSupport
import Testing

/// Bad input leads to a located problem: never to a crash, never to a long wait.
struct HostileInputTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let reason: String
    let text: String
    let location: String
    let message: String
    var testDescription: String { reason }
  }

  static let cases = [
    Case(
      reason: "10,000 lists in one line", text: String(repeating: "[", count: 10_000), location: "1:101",
      message: "nested deeper than 100 levels"),
    Case(
      reason: "10,000 block lists", text: String(repeating: "- ", count: 10_000) + "x", location: "1:201",
      message: "nested deeper than 100 levels"),
    Case(
      reason: "10,000 nested maps in lines",
      text: (0..<10_000).map { String(repeating: " ", count: $0 % 9000) + "a:\n" }.prefix(300).joined(),
      location: "101:101", message: "nested deeper than 100 levels"),
    Case(
      reason: "a billion laughs",
      text: "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        + (1...9).map {
          "a\($0): &a\($0) [" + [String](repeating: "*a\($0 - 1)", count: 10).joined(separator: ", ") + "]\n"
        }
        .joined(),
      location: "5:45", message: "aliases expand to more than 100000 values"),
    Case(
      reason: "an alias inside its own anchor", text: "a: &a\n  b: *a\n", location: "2:6",
      message: "the alias ‘*a’ stands inside what it stands for"),
    Case(
      reason: "a map as key", text: "? {a: b}\n: c\n", location: "1:3",
      message: "a key must be a word, found a map"),
    Case(
      reason: "a directive", text: "%YAML 1.2\n---\na: b\n", location: "1:1",
      message: "YAML directives are not supported"),
    Case(
      reason: "a control character", text: "a: \u{0}\n", location: "1:4",
      message: "the control character U+0000 can't stand in YAML"),
    Case(
      reason: "a line separator that other programs see as a line", text: "a: é\u{2028}b\n", location: "1:5",
      message: "an invisible control character can't stand in YAML"),
    Case(
      reason: "something behind a complete document", text: "a: b\n...\nc: d\n", location: "3:1",
      message: "expected `---` before another document"),
    Case(
      reason: "a merge key", text: "a: &a {b: c}\nd:\n  <<: *a\n", location: "3:3",
      message: "merge keys (`<<`) are not supported: they hide where a value comes from"),
  ]

  @Test("A problem is located", arguments: cases) func aProblemIsLocated(_ hostile: Case) throws {
    let problem = try #require(load(hostile.text).diagnostics.first { $0.message == hostile.message })
    #expect(problem.location?.description == "a.yaml:\(hostile.location)")
    #expect(problem.rendered(color: false).utf8.count < 2_000)
  }

  @Test("Bytes that are not UTF-8 are located") func bytesThatAreNotUTF8AreLocated() throws {
    let folder = try TemporaryFolder()
    for (bytes, column) in [
      ([0xC3], 2), ([0xFF], 2), ([0xE2, 0x82], 2), ([0xED, 0xA0, 0x80], 2), ([0xC0, 0x80], 2),
    ] {
      let text: [UInt8] = Array("a: b\né".utf8) + bytes.map { UInt8($0) } + [0x0A]
      try Data(text).write(to: URL(filePath: folder.path + "/a.yaml"))
      let problem = try #require(folder.load("a.yaml").diagnostics.first)
      #expect(problem.message.hasPrefix("this is not UTF-8"))
      #expect(problem.location?.line == 2)
      #expect(problem.location?.column == column)
    }
  }

  @Test("A line of one gigabyte is rejected early")
  func aLineOfOneGigabyteIsRejectedEarly() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a.yaml"
    try Data("a: b\n".utf8).write(to: URL(filePath: path))
    let handle = try #require(fopen(path, "r+"))
    fseek(handle, 1 << 30, SEEK_SET)
    fputs("x", handle)
    fclose(handle)
    let clock = ContinuousClock()
    var problem: Diagnostic?
    let elapsed = clock.measure { problem = folder.load("a.yaml").diagnostics.first }
    #expect(problem?.message == "this line is longer than 1 MiB")
    #expect(problem?.location?.line == 2)
    #expect(elapsed < .seconds(10))
  }

  static let valid = """
    apiVersion: rendertrust.com/v1
    kind: PriceMap
    metadata: {name: "p\\u0031", labels: {a: 'b''c'}}
    spec:
      # how much
      currency: usd
      prices: &p
        p1: {credits: 100, amount: 10.00}
        p2:
          credits: 0.5
    ---
    apiVersion: rendertrust.com/v1
    kind: Database
    metadata: {name: x, annotations: {note: |
      block
      }}
    spec: {names: [a, b], health: "/é😀", engine: {external: {env: X}}}

    """

  @Test("Truncating a file anywhere is harmless")
  func truncatingAFileAnywhereIsHarmless() {
    let bytes = Array(HostileInputTests.valid.utf8)
    for length in 0..<bytes.count {
      let result = load(String(decoding: bytes[..<length], as: UTF8.self))
      for problem in result.diagnostics {
        #expect((problem.location?.line ?? 0) > 0, "cut after \(length)")
      }
    }
  }

  @Test("Changed bytes are harmless") func changedBytesAreHarmless() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededRandom(seed: seed)
    let folder = try TemporaryFolder()
    let interesting = Array("\0\t\n\r #&*!|>'\"%@`{}[],:?-~<=$é\u{FEFF}".utf8) + [0xFF, 0xC3, 0x80]
    for round in 0..<1_000 {
      var bytes = Array(HostileInputTests.valid.utf8)
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let index = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[index] = interesting.randomElement(using: &random)!
        case 1: bytes.insert(interesting.randomElement(using: &random)!, at: index)
        default: bytes.remove(at: index)
        }
      }
      try Data(bytes).write(to: URL(filePath: folder.path + "/a.yaml"))
      let result = folder.load("a.yaml")
      #expect((result.desired == nil) == !result.diagnostics.isEmpty, "seed \(seed), round \(round)")
      for problem in result.diagnostics {
        #expect((problem.location?.line ?? 0) > 0, "seed \(seed), round \(round)")
        #expect(!problem.rendered(color: false).utf8.contains { $0 < 0x20 && $0 != 0x0A }, "seed \(seed)")
      }
    }
  }

  @Test("One broken document reports a limited number of problems")
  func oneBrokenDocumentReportsALimitedNumberOfProblems() {
    let items = (0..<50_000).map { "Bad-\($0)" }.joined(separator: ", ")
    let result = load(database("after: [\(items)]"))
    #expect(result.diagnostics.count == 100)
    #expect(result.diagnostics.rendered(color: false).utf8.count < 100_000)
  }

  @Test("Carriage returns and a byte order mark are accepted")
  func carriageReturnsAndAByteOrderMarkAreAccepted() {
    let text =
      "\u{FEFF}" + database("health: /x\nreplicas: x").split(separator: "\n").joined(separator: "\r\n")
      + "\r\n"
    let problems = load(text).diagnostics
    #expect(problems.map(\.location?.description) == ["a.yaml:6:13"])
    #expect(problems[0].sourceLine?.text == "  replicas: x")
  }
}
