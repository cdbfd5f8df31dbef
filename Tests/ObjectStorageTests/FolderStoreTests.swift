import Glibc
import Model
import ObjectStorage
import ObjectStorageSupport
import Testing

/// What only a folder does.
@Suite struct FolderStoreTests {
  /// Whether this test may make a file system of its own.
  private static let mayMount: Bool = {
    guard let files = try? TestFiles() else { return false }
    guard mount("tmpfs", files.folder, "tmpfs", 0, "size=65536") == 0 else { return false }
    return umount(files.folder) == 0
  }()

  @Test(
    "A full disk leaves the object unchanged and no partial file",
    .enabled(if: mayMount, "needs the right to mount"))
  func aFullDiskLeavesTheObjectUnchanged() async throws {
    let files = try TestFiles()
    try #require(mount("tmpfs", files.folder, "tmpfs", 0, "size=65536") == 0)
    defer { umount(files.folder) }
    let store = FolderStore("\(files.folder)/store")
    try await store.put(Array("old".utf8), at: "a/key")
    let error = await #expect(throws: ObjectStorageError.self) {
      try await store.put(ContractTests.bytes(1 << 20), at: "a/key")
    }
    #expect(error?.code == .diskFull && error?.retry == .later)
    #expect(error?.message.contains("\(files.folder)/store/a/key") == true)
    #expect(try await store.get("a/key") == Array("old".utf8))
    #expect(files.names == ["store/a/key"])
  }

  @Test("The partial file of a killed writer is not an object, and is overwritten")
  func thePartialFileOfAKilledWriterIsNotAnObject() async throws {
    let files = try TestFiles()
    let store = FolderStore(files.folder)
    try await store.put([1], at: "key")
    _ = try files.write([9, 9, 9], to: "key.partial")
    #expect(try await store.list(prefix: "").map(\.key) == ["key"])
    try await store.put([2], at: "key")
    #expect(files.names == ["key"])
    #expect(try await store.get("key") == [2])
  }

  @Test("A link in the folder is not followed") func aLinkInTheFolderIsNotFollowed() async throws {
    let files = try TestFiles()
    let outside = try files.write([1, 2, 3], to: "outside")
    let store = FolderStore("\(files.folder)/store")
    try await store.put([1], at: "a")
    try #require(symlink(outside, "\(files.folder)/store/link") == 0)
    await #expect(throws: ObjectStorageError.self) { try await store.get("link") }
    #expect(try await store.list(prefix: "").map(\.key) == ["a"])
  }
}
