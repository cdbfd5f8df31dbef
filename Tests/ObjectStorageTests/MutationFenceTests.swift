import HTTP
import Model
import ObjectStorage
import ObjectStorageSupport
import Testing

/// A step whose lease was taken over while it was paused changes no object.
@Suite(.timeLimit(.minutes(1))) struct ObjectStorageFenceTests {
  @Test("Without the lease a folder keeps its objects, and they can be read") func folder() async throws {
    let files = try TestFiles()
    let store = FolderStore("\(files.folder)/store")
    try await store.put([1], at: "a")
    let source = try files.write([2], to: "source")
    try await MutationFence.$lease.withValue(LeaseCheck(isNeverHeld)) {
      await Self.expectRefusal { try await store.put([2], at: "a") }
      await Self.expectRefusal { try await store.put(file: source, at: "b/c") }
      await Self.expectRefusal { try await store.delete("a") }
      let kept = try await store.get("a")
      #expect(kept == [1])
    }
    #expect(files.names == ["source", "store/a"])
  }

  @Test("Without the lease nothing that changes a bucket is sent") func bucket() async throws {
    let client = HTTPClient()
    defer { client.shutdown() }
    // No store listens there, so that a request that is sent fails otherwise.
    let bucket = try S3Bucket(
      endpoint: "http://127.0.0.1:1", name: "bucket", accessKey: "k", secretKey: Secret("s"))
    let files = try TestFiles()
    let source = try files.write([2], to: "source")
    let store = S3Store(bucket, client: client)
    await MutationFence.$lease.withValue(LeaseCheck(isNeverHeld)) {
      await Self.expectRefusal { try await store.put([2], at: "a") }
      await Self.expectRefusal { try await store.put(file: source, at: "a") }
      await Self.expectRefusal { try await store.delete("a") }
    }
  }

  private static func expectRefusal(_ call: @Sendable () async throws -> Void) async {
    let error = await #expect(throws: ObjectStorageError.self) { try await call() }
    #expect(error?.code == .leaseLost && error?.retry == .later)
  }
}

private let isNeverHeld: @Sendable () -> Bool = { false }
