import Model

/// The output of a process so far. The first line of standard error is the wrapper's: the number of the
/// process inside the container. So are the lines after the mark: the processor time.
struct ProcessOutput {
  /// Runs a command as the child of a shell, which prints its own number first and its children's times last.
  /// `$0` is the mark.
  static let wrapper = #"echo "$$" >&2; "$@"; code=$?; printf '\n%s\n' "$0" >&2; times >&2; exit "$code""#

  private(set) var output: [UInt8] = []
  /// Number of the process group inside the container; nil while it is not known.
  private(set) var group: Int?
  private(set) var hasTooMuch = false
  private(set) var isMalformed = false
  private var frames = OutputFrames()
  private let mark: [UInt8]?
  private let maxOutputBytes: Int
  private let maxErrorBytes: Int
  private var line: [UInt8] = []
  private var isFirstLine = true
  private var errors: [UInt8] = []
  /// The wrapper's last lines; nil before them.
  private var times: [[UInt8]]?

  private static let maxLineBytes = 64 << 10

  /// - Parameter mark: Nil where there is no wrapper.
  init(mark: String?, maxOutputBytes: Int, maxErrorBytes: Int) {
    self.mark = mark.map { Array($0.utf8) }
    self.maxOutputBytes = maxOutputBytes
    self.maxErrorBytes = maxErrorBytes
    isFirstLine = mark != nil
  }

  /// Appends bytes and returns the whole lines of standard error that are the process's own. The caller stops
  /// feeding after too much output or malformed frames.
  mutating func feed(_ bytes: ArraySlice<UInt8>) -> [[UInt8]] {
    var pieces: [(OutputFrames.Stream, ArraySlice<UInt8>)] = []
    if !frames.feed(bytes, { pieces.append(($0, $1)) }) { isMalformed = true }
    var lines: [[UInt8]] = []
    for (stream, piece) in pieces {
      if stream == .error {
        lines += feedErrors(piece)
      } else {
        let capacity = maxOutputBytes - output.count
        output += piece.prefix(capacity)
        if piece.count > capacity { hasTooMuch = true }
      }
    }
    return lines
  }

  /// Returns a last line without line end.
  mutating func finish() -> [[UInt8]] {
    guard !line.isEmpty else { return [] }
    defer { line = [] }
    return take(line).map { [$0] } ?? []
  }

  /// Whether the engine reported that there is no shell to run the wrapper.
  var saysThereIsNoShell: Bool {
    let said = String(decoding: output.prefix(1000), as: UTF8.self)
    return group == nil && (said.contains("exec failed") || said.contains("OCI runtime"))
  }

  var lastErrors: [UInt8] { Array(errors.suffix(maxErrorBytes)) }

  /// The number of kept lines after the mark.
  var keptTimes: Int { times?.count ?? 0 }

  /// The processor time of the wrapper's children.
  var cpuTime: TimeSpan? {
    guard let times, times.count >= 2 else { return nil }
    var milliseconds: Int64 = 0
    for line in times.prefix(2) {
      for word in line.split(separator: 32) {
        guard let time = ProcessOutput.milliseconds(word) else { return nil }
        milliseconds += time
      }
    }
    return TimeSpan(milliseconds: milliseconds)
  }

  private mutating func feedErrors(_ bytes: ArraySlice<UInt8>) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    var rest = bytes
    while let end = rest.firstIndex(of: 10) {
      line += rest[..<end].prefix(ProcessOutput.maxLineBytes - min(line.count, ProcessOutput.maxLineBytes))
      if let own = take(line) { lines.append(own) }
      line = []
      rest = rest[(end + 1)...]
    }
    line += rest.prefix(ProcessOutput.maxLineBytes - min(line.count, ProcessOutput.maxLineBytes))
    return lines
  }

  /// Nil for a line of the wrapper.
  private mutating func take(_ line: [UInt8]) -> [UInt8]? {
    if isFirstLine {
      isFirstLine = false
      if let number = Int(String(decoding: line, as: UTF8.self)), number > 0 {
        group = number
        return nil
      }
    }
    if let known = times {
      // The process can read the mark: further lines after it are dropped.
      if known.count < 2 { times?.append(line) }
      return nil
    }
    if line == mark {
      times = []
      return nil
    }
    errors += line + [10]
    if errors.count > 4 * maxErrorBytes + ProcessOutput.maxLineBytes {
      errors.removeFirst(errors.count - maxErrorBytes)
    }
    return line
  }

  /// `0m0.02s`, `0m0,020s`.
  private static func milliseconds(_ text: ArraySlice<UInt8>) -> Int64? {
    let text = String(decoding: text, as: UTF8.self)
    guard text.hasSuffix("s"), let minute = text.firstIndex(of: "m"), let minutes = Int64(text[..<minute]),
      let milliseconds = Decimals.scaled(
        ProcessOutput.threeDigits(text[text.index(after: minute)...].dropLast()), digits: 3),
      (0...1_000_000).contains(minutes)
    else { return nil }
    return minutes * 60_000 + milliseconds
  }

  /// Shells write two, three or six digits, after a point or a comma.
  private static func threeDigits(_ text: Substring) -> String {
    let parts = text.split(whereSeparator: { $0 == "." || $0 == "," })
    guard parts.count == 2 else { return String(text) }
    return "\(parts[0]).\(parts[1].prefix(3))"
  }
}
