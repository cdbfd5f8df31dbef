internal import Glibc
internal import Model
internal import Subprocess

/// The installed program and the user it runs as: the server's user, because it reads the server's files.
struct PgBackRestProgram: Sendable {
  /// Nil when this process does not run as root: then the program runs as the same user.
  private let user: (id: uid_t, group: gid_t)?

  static func find() throws(PgBackRestError) -> PgBackRestProgram {
    let isInstalled = path.split(separator: ":").contains { access("\($0)/pgbackrest", X_OK) == 0 }
    guard isInstalled else {
      throw PgBackRestError(.programMissing, "the program pgbackrest is not installed", stanza: "-")
    }
    guard geteuid() == 0 else { return PgBackRestProgram(user: nil) }
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer: [CChar] = Array(repeating: 0, count: 4096)
    guard getpwnam_r("postgres", &entry, &buffer, buffer.count, &found) == 0, found != nil else {
      throw PgBackRestError(.programMissing, "there is no user named postgres to run as", stanza: "-")
    }
    return PgBackRestProgram(user: (entry.pw_uid, entry.pw_gid))
  }

  private static var path: String {
    getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
  }

  /// Runs the program to its end and returns its output. It gets no variable of this process but `PATH`.
  func run(_ arguments: [String], stanza: String) async throws(PgBackRestError) -> String {
    var words = ["-i", "PATH=\(PgBackRestProgram.path)", "LANG=C.UTF-8", "TZ=UTC"]
    if let user { words += ["setpriv", "--reuid=\(user.id)", "--regid=\(user.group)", "--clear-groups"] }
    let outcome: (isDone: Bool, output: String, status: String)
    var options = PlatformOptions()
    // On request the program releases its locks and the server, and skips the cancelled backup.
    options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(3))]
    do {
      let result = try await Subprocess.run(
        .name("env"), arguments: Arguments(words + ["pgbackrest"] + arguments), platformOptions: options,
        output: .string(limit: 64 << 20), error: .combinedWithOutput)
      outcome = (
        result.terminationStatus.isSuccess, result.standardOutput, "\(result.terminationStatus)"
      )
    } catch {
      throw PgBackRestError(
        Task.isCancelled ? .cancelled : .failed, "pgbackrest did not run: \(error)", stanza: stanza)
    }
    if Task.isCancelled, !outcome.isDone {
      throw PgBackRestError(.cancelled, "the task was cancelled", stanza: stanza)
    }
    guard outcome.isDone else {
      throw PgBackRestError(output: outcome.output, status: outcome.status, stanza: stanza)
    }
    return outcome.output
  }

  /// Creates a folder that belongs to the server's user, and its parents with this process's user; an
  /// existing folder stays unchanged.
  func makeFolder(_ path: String) throws(PgBackRestError) {
    try MutationFence.require(PgBackRestErrorCode.leaseLost)
    guard access(path, F_OK) != 0 else { return }
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
      try makeParent(String(path[..<slash]))
    }
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure("cannot make the folder \(path)") }
    if let user, chown(path, user.id, user.group) != 0 { throw failure("cannot hand over \(path)") }
  }

  private func makeParent(_ path: String) throws(PgBackRestError) {
    guard access(path, F_OK) != 0 else { return }
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
      try makeParent(String(path[..<slash]))
    }
    guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw failure("cannot make the folder \(path)") }
  }

  /// Writes by renaming, so that the archiver never reads a partial file. Returns false when the file already
  /// has this text.
  func write(_ text: String, to path: String) throws(PgBackRestError) -> Bool {
    try MutationFence.require(PgBackRestErrorCode.leaseLost)
    let bytes = Array(text.utf8)
    if read(path) == bytes { return false }
    let draft = path + ".new"
    guard let file = fopen(draft, "we") else { throw failure("cannot write \(path)") }
    let isWritten = fwrite(bytes, 1, bytes.count, file) == bytes.count
    let isFlushed = fflush(file) == 0 && fsync(fileno(file)) == 0
    guard fclose(file) == 0, isWritten, isFlushed else { throw failure("cannot write \(path)") }
    if let user, chown(draft, user.id, user.group) != 0 { throw failure("cannot hand over \(path)") }
    guard rename(draft, path) == 0 else { throw failure("cannot write \(path)") }
    return true
  }

  /// Nil where the file, or its folder, does not exist.
  func text(of path: String) throws(PgBackRestError) -> String? {
    if let bytes = read(path) { return String(decoding: bytes, as: UTF8.self) }
    guard errno != ENOENT && errno != ENOTDIR else { return nil }
    throw failure("cannot read \(path)")
  }

  /// Whether the file exists and has this text.
  func holds(_ text: String, at path: String) -> Bool { read(path) == Array(text.utf8) }

  private func read(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "re") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = Array(repeating: 0, count: 65_536)
    return Array(bytes[..<fread(&bytes, 1, bytes.count, file)])
  }

  private func failure(_ message: String) -> PgBackRestError {
    PgBackRestError(
      errno == ENOSPC ? .diskFull : .folder, "\(message): \(String(cString: strerror(errno)))", stanza: "-")
  }
}
