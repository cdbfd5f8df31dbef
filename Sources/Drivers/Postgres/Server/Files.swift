internal import Glibc
internal import Model

/// The file operations of the server's folder. Paths are absolute.
enum Files {
  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Nil when the file cannot be read.
  static func read(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk: [UInt8] = Array(repeating: 0, count: 16_384)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      guard count > 0 else { return count == 0 ? String(decoding: bytes, as: UTF8.self) : nil }
      bytes.append(contentsOf: chunk[..<count])
    }
  }

  /// The last `lineCount` lines that are not blank.
  static func tail(_ path: String, lineCount: Int) -> String {
    (read(path) ?? "").split(whereSeparator: \.isNewline).suffix(lineCount).joined(separator: "\n")
  }

  /// Writes to a temporary file and renames it, so that neither a reader nor a crash sees a partial file.
  static func write(_ text: String, to path: String, owner: ServerUser? = nil) throws(PostgresError) {
    let draft = path + ".new"
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure("cannot write \(path)") }
    defer { close(descriptor) }
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { throw failure("cannot write \(path)") }
      rest = rest.dropFirst(count)
    }
    if let owner, fchown(descriptor, owner.user, owner.group) != 0 {
      throw failure("cannot hand over \(path)")
    }
    guard fsync(descriptor) == 0, rename(draft, path) == 0 else { throw failure("cannot write \(path)") }
  }

  /// Creates a folder and its parents; an existing folder stays unchanged.
  static func makeFolder(_ path: String, mode: mode_t = 0o755, owner: ServerUser? = nil) throws(PostgresError)
  {
    guard !exists(path) else { return }
    let parent = path.parentFolder
    if !exists(parent) { try makeFolder(parent) }
    guard mkdir(path, mode) == 0 || errno == EEXIST else { throw failure("cannot make the folder \(path)") }
    if let owner, chown(path, owner.user, owner.group) != 0 { throw failure("cannot hand over \(path)") }
  }

  /// Creates a folder with a unique name below `parent`.
  static func makeUniqueFolder(_ parent: String, prefix: String) throws(PostgresError) -> String {
    var template = Array("\(parent)/\(prefix)XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw failure("cannot make a folder below \(parent)") }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  static func move(_ old: String, to new: String) throws(PostgresError) {
    guard rename(old, new) == 0 else { throw failure("cannot rename \(old) to \(new)") }
  }

  static func remove(_ path: String) { unlink(path) }

  /// The path without links and dots; nil when it does not exist.
  static func resolved(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  static func entries(_ folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { raw in
        String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  private static func failure(_ message: String) -> PostgresError {
    let reason = String(cString: strerror(errno))
    return PostgresError(
      errno == ENOSPC ? .diskFull : .server, "\(message): \(reason)", server: "The embedded PostgreSQL")
  }
}

extension String {
  fileprivate var parentFolder: String {
    guard let slash = lastIndex(of: "/"), slash != startIndex else { return "/" }
    return String(self[..<slash])
  }
}
