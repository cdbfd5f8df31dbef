internal import Model
internal import ObjectStorage

/// A store with the prefix of the ledger's files in it.
struct ExportLocation: Sendable {
  let store: any ObjectStore
  /// Empty, or ending with `/`.
  let prefix: String

  /// - Parameter prefix: With or without `/` at its ends.
  init(_ store: any ObjectStore, prefix: String) {
    self.store = store
    let names = prefix.split(separator: "/")
    self.prefix = names.isEmpty ? "" : names.joined(separator: "/") + "/"
  }

  /// The same text for the same location, safe to show.
  var name: String { prefix.isEmpty ? store.location : "\(prefix.dropLast()) in \(store.location)" }

  func put(_ bytes: [UInt8], at path: String) async throws(ObjectStorageError) {
    try await store.put(bytes, at: prefix + path)
  }

  func put(file: String, at path: String) async throws(ObjectStorageError) {
    try await store.put(file: file, at: prefix + path)
  }

  func delete(_ path: String) async throws(ObjectStorageError) { try await store.delete(prefix + path) }
  func size(of path: String) async throws(ObjectStorageError) -> Int64? {
    try await store.head(prefix + path)?.bytes
  }

  func get(_ path: String, to file: String) async throws(ObjectStorageError) {
    try await store.get(prefix + path, to: file)
  }

  /// Nil: there is no such object.
  func text(_ path: String) async throws(ObjectStorageError) -> [UInt8]? {
    do throws(ObjectStorageError) {
      return try await store.get(prefix + path)
    } catch {
      guard error.code == .notFound else { throw error }
      return nil
    }
  }

  /// The day's manifest; nil when there is none.
  func manifest(_ day: UTCDay) async throws -> (manifest: ExportManifest, digest: Digest)? {
    let path = ExportLayout.manifest(day)
    guard let bytes = try await text(path) else { return nil }
    guard let manifest = ExportManifest(bytes), manifest.day == day else {
      throw ExportError(
        .manifest, "\(path) at \(name) is not a manifest of that day",
        hint: "remove it and export the day again", retry: .afterChange)
    }
    return (manifest, Digest(of: bytes))
  }

  /// The days that have a manifest, oldest first.
  func days() async throws(ObjectStorageError) -> [UTCDay] {
    try await store.list(prefix: prefix + ExportLayout.manifests).compactMap { object in
      let name = object.key.dropFirst(prefix.utf8.count + ExportLayout.manifests.utf8.count)
      return name.hasSuffix(".json") ? UTCDay(String(name.dropLast(5))) : nil
    }
  }

  /// Whether the accounts of this manifest are exported.
  func has(_ manifest: AccountsManifest) async throws(ObjectStorageError) -> Bool {
    guard let text = try await text(ExportLayout.accountsManifest), text == manifest.encoded else {
      return false
    }
    return try await size(of: ExportLayout.accounts) == manifest.bytes
  }
}
