import Glibc
import Model

/// Small text files, such as saved plans. Errors name the path.
package enum Files {
  /// Reads at most 64 MiB.
  package static func read(_ path: String) throws(OperationError) -> String {
    guard let file = fopen(path, "r") else { throw failure("read", path) }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&chunk, 1, chunk.count, file), count > 0 {
      bytes.append(contentsOf: chunk[..<count])
      guard bytes.count <= 64 << 20 else {
        throw .usage("\(path) is larger than 64 MiB: it is not a saved plan")
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Replaces the file atomically: a full disk leaves the previous content. A device or pipe is written to.
  package static func write(_ text: String, to path: String) throws(OperationError) {
    guard isRegularOrMissing(path) else { return try fill(path, with: text) }
    let temporary = "\(path).\(getpid()).part"
    do throws(OperationError) {
      try fill(temporary, with: text, named: path)
      guard rename(temporary, path) == 0 else { throw failure("write", path) }
    } catch {
      unlink(temporary)
      throw error
    }
  }

  private static func isRegularOrMissing(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG
  }

  /// - Parameter name: the path in the error; nil: `path`.
  private static func fill(
    _ path: String, with text: String, named name: String? = nil
  ) throws(OperationError) {
    guard let file = fopen(path, "w") else { throw failure("write", name ?? path) }
    let bytes = Array(text.utf8)
    let isWritten = fwrite(bytes, 1, bytes.count, file) == bytes.count && fflush(file) == 0
    let error = errno
    let isClosed = fclose(file) == 0
    if !isWritten { errno = error }
    guard isWritten, isClosed else { throw failure("write", name ?? path) }
  }

  private static func failure(_ verb: String, _ path: String) -> OperationError {
    .failed("cannot \(verb) \(path): \(String(cString: strerror(errno)))")
  }

  package static func remove(_ path: String) { unlink(path) }

  package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// The absolute path of a folder. Creates the folder if it is missing.
  package static func makeFolder(_ path: String) throws(OperationError) -> String {
    var made = ""
    for part in path.split(separator: "/", omittingEmptySubsequences: false) {
      made += made.isEmpty && !path.hasPrefix("/") ? String(part) : "/\(part)"
      if !part.isEmpty, mkdir(made, 0o755) != 0, errno != EEXIST { throw failure("create", made) }
    }
    guard let resolved = realpath(path, nil) else { throw failure("open", path) }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}

/// Environment variables of this process.
package enum Environment {
  /// All variables at the start of the process.
  package static var all: [String: String] {
    let text = (try? Files.read("/proc/self/environ")) ?? ""
    let pairs = text.utf8.split(separator: 0).compactMap { entry -> (String, String)? in
      let parts = entry.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { return nil }
      return (String(decoding: parts[0], as: UTF8.self), String(decoding: parts[1], as: UTF8.self))
    }
    return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
  }

  package static subscript(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }
}
