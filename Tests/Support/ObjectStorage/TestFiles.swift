import Glibc

/// A folder for one test; gone with all that is in it when let go of.
package final class TestFiles: Sendable {
  package let folder: String

  package init() throws {
    var template = Array("/tmp/rt-objects-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SeaweedFSError("no temporary folder") }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  package func write(_ bytes: [UInt8], to name: String) throws -> String {
    let path = "\(folder)/\(name)"
    guard let file = fopen(path, "we") else { throw SeaweedFSError("cannot write \(path)") }
    defer { fclose(file) }
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw SeaweedFSError("disk full") }
    return path
  }

  package func read(_ name: String) -> [UInt8]? {
    guard let file = fopen("\(folder)/\(name)", "re") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&piece, 1, piece.count, file), count > 0 { bytes += piece[..<count] }
    return bytes
  }

  /// All files below, by their paths from here, sorted.
  package var names: [String] { entries().files }

  private func entries() -> (files: [String], folders: [String]) {
    var (files, folders): ([String], [String]) = ([], [""])
    var next = 0
    while next < folders.count {
      let base = folders[next]
      next += 1
      guard let handle = opendir("\(folder)/\(base)") else { continue }
      defer { closedir(handle) }
      while let entry = readdir(handle) {
        let isFolder = entry.pointee.d_type == 4
        let name = withUnsafeBytes(of: &entry.pointee.d_name) {
          String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name == "." || name == ".." { continue }
        if isFolder { folders.append("\(base)\(name)/") } else { files.append(base + name) }
      }
    }
    return (files.sorted(), folders)
  }

  deinit {
    let (files, folders) = entries()
    for name in files { unlink("\(folder)/\(name)") }
    for name in folders.reversed() { rmdir("\(folder)/\(name)") }
  }
}
