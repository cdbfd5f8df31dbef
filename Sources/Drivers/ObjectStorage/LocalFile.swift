internal import Glibc
package import Model

/// A file of this machine that is read in pieces.
package final class LocalFile {
  private let descriptor: Int32
  private let subject: String
  let bytes: Int64
  /// Changes with the content: derived from the file's identity, length and modification time.
  let etag: String

  /// - Parameter subject: The file's name in errors.
  package init(_ path: String, subject: String) throws(ObjectStorageError) {
    self.subject = subject
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { throw PartialFile.failure("cannot be read", subject) }
    var facts = stat()
    guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw ObjectStorageError(.notFound, "\(subject) cannot be read: it is no file")
    }
    bytes = Int64(facts.st_size)
    etag = LocalFile.etag(of: facts)
  }

  deinit { close(descriptor) }

  static func etag(of facts: stat) -> String {
    "\(facts.st_ino)-\(facts.st_size)-\(facts.st_mtim.tv_sec).\(facts.st_mtim.tv_nsec)"
  }

  /// Reads `length` bytes from `offset` on, in pieces. Fails when the file ends before.
  func read(
    _ offset: Int64 = 0, _ length: Int64, _ body: (UnsafeRawBufferPointer) -> Result<Void, ObjectStorageError>
  ) throws(ObjectStorageError) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    defer { buffer.deallocate() }
    var done: Int64 = 0
    while done < length {
      let wanted = Int(min(Int64(buffer.count), length - done))
      let count = pread(descriptor, buffer.baseAddress, wanted, off_t(offset + done))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw PartialFile.failure("cannot be read", subject) }
      guard count > 0 else { throw ObjectStorageError(.file, "\(subject) became shorter while it was read") }
      try body(UnsafeRawBufferPointer(rebasing: buffer[..<count])).get()
      done += Int64(count)
    }
  }

  /// SHA-256 of the whole file.
  package func digest() throws(ObjectStorageError) -> Digest { try digest(0, bytes) }

  func digest(_ offset: Int64, _ length: Int64) throws(ObjectStorageError) -> Digest {
    let digest = RunningDigest()
    try read(offset, length) { piece in
      digest.update(piece)
      return .success(())
    }
    return digest.finish()
  }
}
