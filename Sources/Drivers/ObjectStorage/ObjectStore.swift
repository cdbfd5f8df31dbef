internal import Model

/// Objects by key. Every call may be repeated; a put replaces the whole object or leaves it unchanged.
///
/// A key is a path of names separated by `/` (`ObjectKey`); one object's key must not be the folder of
/// another's.
package protocol ObjectStore: Sendable {
  /// The location of the objects; safe to show. Equal for the same location: `s3://bucket at
  /// http://127.0.0.1:8333`, `file:///var/lib/exports`.
  var location: String { get }

  func put(_ bytes: [UInt8], at key: String) async throws(ObjectStorageError)
  /// Uploads a file in pieces; the file must not change meanwhile.
  func put(file path: String, at key: String) async throws(ObjectStorageError)
  /// Throws `.notFound` when there is no such object, `.tooLarge` beyond `limit` bytes.
  func get(_ key: String, limit: Int) async throws(ObjectStorageError) -> [UInt8]
  /// Downloads the object into a file in pieces; an existing file is replaced once the download is complete.
  func get(_ key: String, to path: String) async throws(ObjectStorageError)
  /// Nil: there is no such object. A store that cannot decide throws.
  func head(_ key: String) async throws(ObjectStorageError) -> ObjectSummary?
  /// Deleting a missing object does nothing.
  func delete(_ key: String) async throws(ObjectStorageError)
  /// All objects whose keys begin with `prefix`, sorted by key.
  func list(prefix: String) async throws(ObjectStorageError) -> [ObjectSummary]
}

extension ObjectStore {
  package func get(_ key: String) async throws(ObjectStorageError) -> [UInt8] {
    try await get(key, limit: 64 << 20)
  }
}

package struct ObjectSummary: Sendable, Hashable {
  package let key: String
  package let bytes: Int64
  /// Differs when the content differs; opaque.
  package let etag: String
}

/// The rules for keys: 1 to 1,024 bytes of names separated by `/`; no name is empty, `.` or `..`, is longer
/// than 200 bytes or ends in `.partial`; no control characters and no `\`, which some stores treat as `/`. A
/// key means the same in a bucket and in a folder.
package enum ObjectKey {
  package static func check(_ key: String, in location: String) throws(ObjectStorageError) {
    let isFit =
      (1...1024).contains(key.utf8.count)
      && !key.utf8.contains { $0 < 32 || $0 == 127 || $0 == UInt8(ascii: "\\") }
      && key.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { name in
        !name.isEmpty && name != "." && name != ".." && name.utf8.count <= 200
          && !name.hasSuffix(PartialFile.suffix)
      }
    guard !isFit else { return }
    throw ObjectStorageError(.invalidKey, "\(location): ‘\(key.filter { $0 >= " " })’ is no key of an object")
  }
}
