internal import Glibc
internal import Model

/// Stores objects as files of a folder, which is created on demand. Calls block during disk access.
package struct FolderStore: ObjectStore {
  private let folder: String

  /// - Parameter folder: An absolute path.
  package init(_ folder: String) {
    var folder = folder
    while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
    self.folder = folder
  }

  package var location: String { "file://\(folder)" }

  package func put(_ bytes: [UInt8], at key: String) async throws(ObjectStorageError) {
    try MutationFence.require(ObjectStorageErrorCode.leaseLost)
    let file = try partial(key)
    try bytes.withUnsafeBytes { file.write($0) }.get()
    try file.finish()
  }

  package func put(file path: String, at key: String) async throws(ObjectStorageError) {
    try MutationFence.require(ObjectStorageErrorCode.leaseLost)
    let source = try LocalFile(path, subject: path)
    let file = try partial(key)
    try source.read(0, source.bytes) { file.write($0) }
    // Copying may have taken long.
    try MutationFence.require(ObjectStorageErrorCode.leaseLost)
    try file.finish()
  }

  package func get(_ key: String, limit: Int) async throws(ObjectStorageError) -> [UInt8] {
    let file = try open(key)
    guard file.bytes <= Int64(limit) else {
      throw ObjectStorageError(.tooLarge, "\(subject(key)) has \(file.bytes) bytes, and \(limit) are allowed")
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(file.bytes))
    try file.read(0, file.bytes) { piece in
      bytes.append(contentsOf: piece)
      return .success(())
    }
    return bytes
  }

  package func get(_ key: String, to path: String) async throws(ObjectStorageError) {
    let source = try open(key)
    let file = try PartialFile(path, subject: path)
    try source.read(0, source.bytes) { file.write($0) }
    try file.finish()
  }

  package func head(_ key: String) async throws(ObjectStorageError) -> ObjectSummary? {
    do throws(ObjectStorageError) {
      let file = try open(key)
      return ObjectSummary(key: key, bytes: file.bytes, etag: file.etag)
    } catch {
      guard error.code == .notFound else { throw error }
      return nil
    }
  }

  package func delete(_ key: String) async throws(ObjectStorageError) {
    try MutationFence.require(ObjectStorageErrorCode.leaseLost)
    let path = try self.path(key)
    guard unlink(path) == 0 else {
      if errno == ENOENT || errno == ENOTDIR || errno == EISDIR { return }
      throw PartialFile.failure("cannot be deleted", subject(key))
    }
    try PartialFile.syncFolder(of: path, subject: subject(key))
    removeEmptyFolders(above: key)
  }

  package func list(prefix: String) async throws(ObjectStorageError) -> [ObjectSummary] {
    var found: [ObjectSummary] = []
    var waiting = [""]
    while let base = waiting.popLast() {
      guard base.hasPrefix(prefix) || prefix.hasPrefix(base) else { continue }
      try entries(of: base) { key, facts in
        if facts.st_mode & S_IFMT == S_IFDIR {
          waiting.append(key + "/")
        } else if facts.st_mode & S_IFMT == S_IFREG, key.hasPrefix(prefix), !key.hasSuffix(PartialFile.suffix)
        {
          found.append(
            ObjectSummary(key: key, bytes: Int64(facts.st_size), etag: LocalFile.etag(of: facts)))
        }
      }
    }
    return found.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
  }

  private func subject(_ key: String) -> String { "\(folder)/\(key)" }

  private func path(_ key: String) throws(ObjectStorageError) -> String {
    try ObjectKey.check(key, in: location)
    return "\(folder)/\(key)"
  }

  private func open(_ key: String) throws(ObjectStorageError) -> LocalFile {
    try LocalFile(try path(key), subject: subject(key))
  }

  private func partial(_ key: String) throws(ObjectStorageError) -> PartialFile {
    let path = try path(key)
    try makeFolders(above: path, subject: subject(key))
    return try PartialFile(path, subject: subject(key))
  }

  private func makeFolders(above path: String, subject: String) throws(ObjectStorageError) {
    var index = path.startIndex
    while let slash = path[path.index(after: index)...].firstIndex(of: "/") {
      index = slash
      let made = String(path[..<slash])
      if mkdir(made, 0o700) == 0 {
        try PartialFile.syncFolder(of: made, subject: subject)
      } else if errno != EEXIST {
        throw PartialFile.failure("has no folder \(made)", subject)
      }
    }
  }

  /// Removes folders that became empty, because S3 has no folders.
  private func removeEmptyFolders(above key: String) {
    var names = key.split(separator: "/").dropLast()
    while !names.isEmpty, rmdir("\(folder)/\(names.joined(separator: "/"))") == 0 { names.removeLast() }
  }

  /// Lists the entries of a folder with their keys; a missing folder has none.
  private func entries(of base: String, _ body: (String, stat) -> Void) throws(ObjectStorageError) {
    let path = "\(folder)/\(base)"
    guard let handle = opendir(path) else {
      if errno == ENOENT { return }
      throw PartialFile.failure("cannot be listed", path)
    }
    defer { closedir(handle) }
    errno = 0
    while let entry = readdir(handle) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      var facts = stat()
      if name != ".", name != "..", lstat("\(path)\(name)", &facts) == 0 { body(base + name, facts) }
      errno = 0
    }
    guard errno == 0 else { throw PartialFile.failure("cannot be listed", path) }
  }
}
