internal import Glibc
internal import Model

/// Reads the small files of a server's configuration.
enum FileBytes {
  private static let maxBytes = 1 << 20

  /// - Parameter what: The file's purpose, for the error.
  static func read(_ path: String, what: String) throws(TLSIdentityError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw TLSIdentityError("the \(what) file \(path) cannot be read: \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 16_384)
    while bytes.count <= maxBytes {
      let count = Glibc.read(descriptor, &part, part.count)
      if count == 0 { return bytes }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        throw TLSIdentityError("the \(what) file \(path) cannot be read: \(String(cString: strerror(errno)))")
      }
      bytes += part[..<count]
    }
    throw TLSIdentityError("the \(what) file \(path) is longer than \(maxBytes) bytes")
  }
}
