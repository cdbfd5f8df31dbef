import Glibc
import Model
import ObjectStorage
import ObjectStorageSupport
import Testing

/// What every store does, on a folder and on SeaweedFS.
@Suite struct ContractTests {
  enum Kind: String, CaseIterable, Sendable {
    case folder, s3

    func with(_ body: (any ObjectStore, TestFiles) async throws -> Void) async throws {
      let files = try TestFiles()
      switch self {
      case .folder: try await body(FolderStore("\(files.folder)/store/deep"), files)
      case .s3:
        let multipart = S3Multipart(threshold: 6 << 20, partBytes: 5 << 20)
        try await body(try await SeaweedFS.shared().store(multipart: multipart), files)
      }
    }
  }

  static let keys = [
    "plain", "a/b/c.parquet", "entries/day=2026-11-21/part-0000.parquet", "with space/and+plus=is&more?x#y",
    "ümläut/日本語/emoji-🎈", "tilde~star*(paren)'quote'!", "percent%20not-a-space",
    "colon:semi;comma,at@dollar$",
    "<xml>&amp;\"quoted\"", ".hidden", "trailing.dot.",
  ]

  static func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
  }

  @Test("A stored object is read, found and deleted", arguments: Kind.allCases, keys)
  func aStoredObjectIsReadFoundAndDeleted(kind: Kind, key: String)
    async throws
  {
    try await kind.with { store, files in
      #expect(try await store.head(key) == nil)
      try await store.put(Array("first".utf8), at: key)
      let first = try #require(try await store.head(key))
      #expect(first.bytes == 5 && first.key == key && !first.etag.isEmpty)
      #expect(try await store.get(key) == Array("first".utf8))
      try await store.put(Array("other".utf8), at: key)
      #expect(try await store.get(key) == Array("other".utf8))
      let second = try #require(try await store.head(key))
      #expect(second.etag != first.etag)
      #expect(try await store.list(prefix: "") == [second])
      try await store.get(key, to: "\(files.folder)/copy")
      #expect(files.read("copy") == Array("other".utf8))
      try await store.delete(key)
      try await store.delete(key)
      #expect(try await store.head(key) == nil)
      #expect(try await store.list(prefix: "").isEmpty)
      await #expect { try await store.get(key) } throws: { ($0 as? ObjectStorageError)?.code == .notFound }
      let copy = "\(files.folder)/none"
      await #expect { try await store.get(key, to: copy) } throws: {
        ($0 as? ObjectStorageError)?.code == .notFound
      }
      #expect(files.read("none") == nil && files.read("none.partial") == nil)
    }
  }

  @Test(
    "Files of any size round trip, also in parts", arguments: Kind.allCases,
    [0, 1, 5 << 20, 6 << 20 + 1, 17 << 20])
  func filesOfAnySizeRoundTripAlsoInParts(kind: Kind, size: Int) async throws {
    try await kind.with { store, files in
      let bytes = Self.bytes(size)
      let path = try files.write(bytes, to: "source")
      try await store.put(file: path, at: "big/file")
      #expect(try await store.head("big/file")?.bytes == Int64(size))
      try await store.get("big/file", to: "\(files.folder)/back")
      let back = try #require(files.read("back"))
      #expect(Digest(of: back) == Digest(of: bytes))
      if size > 1 << 20 {
        await #expect { try await store.get("big/file", limit: 1 << 20) } throws: {
          ($0 as? ObjectStorageError)?.code != .notFound
        }
      }
    }
  }

  @Test("Lists follow the prefix and are sorted", arguments: Kind.allCases)
  func listsFollowThePrefixAndAreSorted(kind: Kind) async throws {
    try await kind.with { store, _ in
      let keys = ["a/1", "a/2", "a-b/1", "ab", "b/c/d", "b/c/é+ =", "z"]
      for key in keys { try await store.put(Array(key.utf8), at: key) }
      func list(_ prefix: String) async throws -> [String] { try await store.list(prefix: prefix).map(\.key) }
      #expect(try await list("") == keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
      #expect(try await list("a/") == ["a/1", "a/2"])
      #expect(try await list("a") == ["a-b/1", "a/1", "a/2", "ab"])
      #expect(try await list("b/c/é") == ["b/c/é+ ="])
      #expect(try await list("b/c/e").isEmpty)
      #expect(try await list("none/").isEmpty)
    }
  }

  @Test(
    "Invalid keys are rejected", arguments: Kind.allCases,
    ["", "/a", "a/", "a//b", "a/../b", ".", "a/./b", "a\nb", "a\\b", "a.partial"])
  func invalidKeysAreRejected(kind: Kind, key: String) async throws {
    try await kind.with { store, _ in
      await #expect { try await store.put([1], at: key) } throws: {
        ($0 as? ObjectStorageError)?.code == .invalidKey
      }
      await #expect { _ = try await store.head(key) } throws: {
        ($0 as? ObjectStorageError)?.code == .invalidKey
      }
    }
  }

  @Test("A missing source is an error and leaves no object", arguments: Kind.allCases)
  func aMissingSourceIsAnErrorAndLeavesNoObject(kind: Kind)
    async throws
  {
    try await kind.with { store, files in
      await #expect(throws: ObjectStorageError.self) {
        try await store.put(file: "\(files.folder)/missing", at: "a")
      }
      let left = try await store.list(prefix: "")
      #expect(left.isEmpty)
    }
  }
}
