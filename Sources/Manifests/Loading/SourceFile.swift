internal import Glibc
internal import Model

/// The bytes of a manifest file, or of standard input.
struct SourceFile: Sendable {
  /// As the user wrote it; `<stdin>` for standard input.
  let name: String
  /// The folder for files that the manifest mentions; ends in `/`, or is empty for the working folder.
  let folder: String
  let bytes: [UInt8]
  /// Overlays merge into documents of the base layer.
  let isBase: Bool
  /// False where reading stopped at a limit; the bytes are then only for showing the error.
  let isComplete: Bool
  /// The file's identity when reading began; nil for texts.
  let identity: FileIdentity?
  /// The time between the last change and that moment, in nanoseconds.
  let rest: Int64

  /// Drops a byte order mark at the start of `bytes`.
  init(
    name: String, folder: String, bytes: [UInt8], isBase: Bool, isComplete: Bool,
    identity: FileIdentity? = nil
  ) {
    self.identity = identity
    rest = identity?.age ?? 0
    self.name = name
    self.folder = folder
    self.bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes[3...]) : bytes
    self.isBase = isBase
    self.isComplete = isComplete
  }

  /// Whether the file has white space only. It is truncated while it is written, or was emptied by mistake:
  /// its resources are unknown rather than absent.
  var isBlank: Bool { bytes.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D } }

  var blankProblem: Diagnostic {
    Diagnostic(
      at: SourceLocation(file: name, line: 1, column: 1), "the file is empty",
      hint: "remove the file, or write a manifest")
  }

  /// Larger files are rejected, so that a wrong path costs no memory.
  static let maximumSize = 256 << 20

  /// Reads until the end, an error or a limit. Keeps the bytes read, so that diagnostics show their lines.
  static func read(_ path: String, isBase: Bool) -> (file: SourceFile?, problem: Diagnostic?) {
    let isStandardInput = path == "-"
    let name = isStandardInput ? "<stdin>" : path
    let descriptor = isStandardInput ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return (nil, PathProblem.diagnostic(path, errno)) }
    defer { if !isStandardInput { close(descriptor) } }
    var bytes: [UInt8] = []
    var status = stat()
    var identity: FileIdentity?
    if fstat(descriptor, &status) == 0 {
      if status.st_size > 0 { bytes.reserveCapacity(min(Int(status.st_size), 64 << 20) + 1) }
      identity = FileIdentity(status)
    }
    var lines = LineLimit()
    var problem: Diagnostic?
    while problem == nil {
      let count = append(from: descriptor, to: &bytes)
      guard count >= 0 else { return (nil, PathProblem.diagnostic(path, errno)) }
      guard count > 0 else { break }
      problem = lines.check(bytes, newBytes: count, file: name)
    }
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    let file = SourceFile(
      name: name, folder: folder, bytes: bytes, isBase: isBase, isComplete: problem == nil,
      identity: isStandardInput ? nil : identity)
    return (file, problem)
  }

  /// Returns the number of bytes appended; 0 at the end, negative after an error.
  private static func append(from descriptor: Int32, to bytes: inout [UInt8]) -> Int {
    let size = 1 << 18
    return withUnsafeTemporaryAllocation(byteCount: size, alignment: 16) { buffer in
      var count: Int
      repeat { count = Glibc.read(descriptor, buffer.baseAddress, size) } while count < 0 && errno == EINTR
      if count > 0 { bytes.append(contentsOf: buffer[..<count]) }
      return count
    }
  }
}

/// Stops reading lines that no manifest has, long before memory runs out.
private struct LineLimit {
  private var line = 1
  private var lineStart = 0

  mutating func check(_ bytes: [UInt8], newBytes: Int, file: String) -> Diagnostic? {
    var index = bytes.count - newBytes
    bytes.withUnsafeBufferPointer { bytes in
      while index < bytes.count,
        let next = memchr(bytes.baseAddress! + index, 0x0A, bytes.count - index)
      {
        let offset = bytes.baseAddress!.distance(to: next.assumingMemoryBound(to: UInt8.self))
        guard offset - lineStart <= SourceText.maximumLineLength else { return }
        line += 1
        lineStart = offset + 1
        index = lineStart
      }
    }
    if bytes.count - lineStart > SourceText.maximumLineLength {
      return Diagnostic(
        at: SourceLocation(file: file, line: line, column: 1), "this line is longer than 1 MiB",
        hint: "is this a manifest? Break the line, or move data elsewhere")
    }
    if bytes.count > SourceFile.maximumSize {
      return Diagnostic(
        at: SourceLocation(file: file, line: line, column: 1), "the file is larger than 256 MiB",
        hint: "split it into several files")
    }
    return nil
  }
}

/// Explains why a path cannot be read.
enum PathProblem {
  static func diagnostic(_ path: String, _ code: Int32) -> Diagnostic {
    let name = VisibleText.escaped(path, limit: 1000)
    let reason =
      switch code {
      case ENOENT: "there is no file or folder ‘\(name)’"
      case EACCES: "‘\(name)’ may not be read by this user"
      case EISDIR: "‘\(name)’ is a folder"
      default: "‘\(name)’ cannot be read: \(String(cString: strerror(code)))"
      }
    return Diagnostic(
      at: SourceLocation(file: path, line: 0, column: 0), reason,
      hint: code == ENOENT ? "name a file, a folder or `-` for standard input" : nil)
  }
}
