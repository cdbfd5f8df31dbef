internal import Glibc
internal import Model

/// A file that gets its name once it is complete and on the disk; before that it is `PATH.partial` in the
/// same folder, and a failure removes it. The next writer overwrites what a killed process left. A second
/// concurrent writer fails.
final class PartialFile {
  static let suffix = ".partial"

  private let path: String
  private let subject: String
  private var descriptor: Int32

  /// - Parameter subject: The file's name in errors.
  init(_ path: String, subject: String) throws(ObjectStorageError) {
    self.path = path
    self.subject = subject
    descriptor = open(path + PartialFile.suffix, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw PartialFile.failure("cannot be made", subject) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, isInPlace else {
      close(descriptor)
      descriptor = -1
      throw ObjectStorageError(.busy, "\(subject) is being written by another writer")
    }
    guard ftruncate(descriptor, 0) == 0 else {
      let failure = PartialFile.failure("cannot be made", subject)
      abandon()
      throw failure
    }
  }

  deinit { abandon() }

  func write(_ bytes: UnsafeRawBufferPointer) -> Result<Void, ObjectStorageError> {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return .failure(PartialFile.failure("cannot be written", subject)) }
      rest = rest.dropFirst(count)
    }
    return .success(())
  }

  func finish() throws(ObjectStorageError) {
    guard fsync(descriptor) == 0 else { throw PartialFile.failure("cannot be written", subject) }
    guard rename(path + PartialFile.suffix, path) == 0 else {
      throw PartialFile.failure("cannot be put in place", subject)
    }
    close(descriptor)
    descriptor = -1
    try PartialFile.syncFolder(of: path, subject: subject)
  }

  private func abandon() {
    guard descriptor >= 0 else { return }
    unlink(path + PartialFile.suffix)
    close(descriptor)
    descriptor = -1
  }

  /// Whether the locked file is still the partial file: another writer may have renamed it since.
  private var isInPlace: Bool {
    var (own, named) = (stat(), stat())
    return fstat(descriptor, &own) == 0 && lstat(path + PartialFile.suffix, &named) == 0
      && own.st_dev == named.st_dev && own.st_ino == named.st_ino
  }

  /// The folder's entries must be on the disk too.
  static func syncFolder(of path: String, subject: String) throws(ObjectStorageError) {
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("has a folder that cannot be read", subject) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure("has a folder that cannot be written", subject) }
  }

  /// The error for `errno`.
  static func failure(_ what: String, _ subject: String) -> ObjectStorageError {
    let number = errno
    let text = String(cString: strerror(number))
    switch number {
    case ENOSPC, EDQUOT: return ObjectStorageError(.diskFull, "\(subject) \(what): \(text)")
    case ENOENT: return ObjectStorageError(.notFound, "\(subject) \(what): \(text)")
    default: return ObjectStorageError(.file, "\(subject) \(what): \(text)")
    }
  }
}
