internal import Glibc
internal import Model

/// A file that gets its name once it is complete and on the disk, replacing an existing one; before that it
/// is `PATH.partial` in the same folder. The next writer of the same path overwrites what a killed process
/// left; a second concurrent writer fails.
package final class ParquetFileSink: ParquetSink {
  package let path: String
  private let partialPath: String
  /// -1 once the file is finished or abandoned.
  private var descriptor: Int32

  /// The file is readable by its owner alone unless `mode` allows more. Throws `.busy`, `.file` or
  /// `.diskFull`.
  package init(path: String, mode: UInt32 = 0o600) throws(ParquetError) {
    self.path = path
    partialPath = path + ".partial"
    descriptor = open(partialPath, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode)
    guard descriptor >= 0 else { throw ParquetFileSink.failure("cannot make", path) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, isInPlace else {
      close(descriptor)
      descriptor = -1
      throw ParquetError(.busy, "\(path) is being written by another writer")
    }
    guard ftruncate(descriptor, 0) == 0, fchmod(descriptor, mode) == 0 else {
      let failure = ParquetFileSink.failure("cannot make", path)
      abandon()
      throw failure
    }
  }

  deinit { abandon() }

  package func write(_ bytes: UnsafeRawBufferPointer) throws(ParquetError) {
    guard descriptor >= 0 else { throw ParquetError(.closed, "\(path) is no longer being written") }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw ParquetFileSink.failure("cannot write", path) }
      rest = rest.dropFirst(count)
    }
  }

  package func finish() throws(ParquetError) {
    guard descriptor >= 0 else { throw ParquetError(.closed, "\(path) is no longer being written") }
    guard fsync(descriptor) == 0 else { throw ParquetFileSink.failure("cannot write", path) }
    guard rename(partialPath, path) == 0 else { throw ParquetFileSink.failure("cannot rename to", path) }
    close(descriptor)
    descriptor = -1
    try syncFolder()
  }

  package func abandon() {
    guard descriptor >= 0 else { return }
    unlink(partialPath)
    close(descriptor)
    descriptor = -1
  }

  /// The folder's entry must be on the disk too.
  private func syncFolder() throws(ParquetError) {
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw ParquetFileSink.failure("cannot write the folder of", path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw ParquetFileSink.failure("cannot write the folder of", path) }
  }

  /// Whether the locked file is still the partial file: another writer may have renamed or removed it since.
  private var isInPlace: Bool {
    var (own, named) = (stat(), stat())
    return fstat(descriptor, &own) == 0 && lstat(partialPath, &named) == 0
      && own.st_dev == named.st_dev && own.st_ino == named.st_ino
  }

  private static func failure(_ what: String, _ path: String) -> ParquetError {
    let number = errno
    let isFull = number == ENOSPC || number == EDQUOT
    return ParquetError(isFull ? .diskFull : .file, "\(what) \(path): \(String(cString: strerror(number)))")
  }
}
