internal import Glibc
internal import Model

/// The folder of the files for Kubernetes; relative paths begin at the state folder.
struct KEDAFolder: Sendable {
  let stateFolder: String

  /// The texts of the files that exist, by their path as the manifest writes it.
  func texts(of files: [String]) throws(BackendError) -> [String: String] {
    var texts: [String: String] = [:]
    for file in files { texts[file] = try read(file) }
    return texts
  }

  private func read(_ file: String) throws(BackendError) -> String? {
    guard let stream = fopen(path(file), "re") else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw failure("cannot read", file)
    }
    defer { fclose(stream) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = fread(&bytes, 1, bytes.count, stream)
    guard ferror(stream) == 0 else { throw failure("cannot read", file) }
    return String(decoding: bytes[..<count], as: UTF8.self)
  }

  /// Replaces the file atomically, so that no reader sees half of it.
  func write(_ text: String, to file: String) throws(BackendError) {
    try MutationFence.require(BackendErrorCode(rawValue: "scheduler.leaseLost"))
    let path = path(file)
    if let slash = path.lastIndex(of: "/") { try makeFolder(String(path[..<slash]), for: file) }
    let draft = path + ".new"
    guard let stream = fopen(draft, "we") else { throw failure("cannot write", file) }
    let bytes = Array(text.utf8)
    let isWritten =
      fwrite(bytes, 1, bytes.count, stream) == bytes.count && fflush(stream) == 0
      && fsync(fileno(stream)) == 0
    guard fclose(stream) == 0, isWritten, rename(draft, path) == 0 else {
      throw failure("cannot write", file)
    }
  }

  /// Has no effect on a file that does not exist or that this program did not write.
  func remove(_ file: String) throws(BackendError) {
    try MutationFence.require(BackendErrorCode(rawValue: "scheduler.leaseLost"))
    guard let text = try read(file), KEDAManifest.isGenerated(text) else { return }
    guard unlink(path(file)) == 0 || errno == ENOENT else { throw failure("cannot remove", file) }
  }

  private func path(_ file: String) -> String { file.hasPrefix("/") ? file : "\(stateFolder)/\(file)" }

  private func makeFolder(_ path: String, for file: String) throws(BackendError) {
    guard !path.isEmpty, access(path, F_OK) != 0 else { return }
    if let slash = path.lastIndex(of: "/") { try makeFolder(String(path[..<slash]), for: file) }
    guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw failure("cannot make the folder of", file) }
  }

  private func failure(_ what: String, _ file: String) -> BackendError {
    BackendError(
      code: "scheduler.folder", "\(what) \(path(file)): \(String(cString: strerror(errno)))",
      hint: "let the controller's user read and write there")
  }
}
