import HTTP
import HTTPSupport
import Model
import ObjectStorage
import ObjectStorageSupport
import Testing

/// What only S3 does: refusals, retries, pages and parts.
@Suite struct S3StoreTests {
  private static func failure(_ body: () async throws -> Void) async -> ObjectStorageError? {
    do {
      try await body()
      return nil
    } catch {
      return error as? ObjectStorageError
    }
  }

  @Test(
    "A wrong key is rejected with a hint",
    arguments: [("test-key", "wrong-secret"), ("unknown-key", SeaweedFS.secret)])
  func aWrongKeyIsRejectedWithAHint(key: String, secret: String) async throws {
    let seaweed = try await SeaweedFS.shared()
    let bucket = try seaweed.bucket("some-bucket", accessKey: key, secret: secret)
    let store = S3Store(bucket, client: seaweed.client)
    let error = try #require(await Self.failure { try await store.put([1], at: "a/b") })
    #expect(error.code == .denied && error.retry == .afterChange)
    #expect(error.message.contains("s3://some-bucket/a/b at http://127.0.0.1"), "\(error)")
    #expect(error.message.contains("403") && error.description.contains("check the access key"), "\(error)")
    #expect(!"\(error)".contains(secret) && !String(reflecting: error).contains(secret))
  }

  @Test("A missing bucket is not a missing object")
  func aMissingBucketIsNotAMissingObject() async throws {
    let seaweed = try await SeaweedFS.shared()
    let store = S3Store(try seaweed.bucket("no-such-bucket"), client: seaweed.client)
    #expect(await Self.failure { _ = try await store.head("a") }?.code == .bucketMissing)
    #expect(await Self.failure { _ = try await store.list(prefix: "") }?.code == .bucketMissing)
  }

  @Test("Lists longer than a page are complete") func listsLongerThanAPageAreComplete() async throws {
    let store = try await SeaweedFS.shared().store()
    let keys = (0..<1203).map { "page/\(1000 + $0) +=é" }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for start in 0..<8 {
        group.addTask {
          for key in stride(from: start, to: keys.count, by: 8).map({ keys[$0] }) {
            try await store.put(Array(key.utf8), at: key)
          }
        }
      }
      try await group.waitForAll()
    }
    let found = try await store.list(prefix: "page/")
    #expect(found.map(\.key) == keys)
    #expect(found.allSatisfy { $0.bytes == Int64($0.key.utf8.count) })
  }

  private func with(
    _ script: [HTTPStandIn.Answer], _ body: (S3Store, HTTPStandIn, RestClock) async throws -> Void
  ) async throws {
    let standIn = try HTTPStandIn(script)
    defer { standIn.stop() }
    let bucket = try S3Bucket(
      endpoint: standIn.address, name: "bucket", accessKey: "key", secretKey: Secret("secret"))
    let clock = RestClock()
    let store = S3Store(
      bucket, client: HTTPClient(), clock: clock,
      multipart: S3Multipart(threshold: 6 << 20, partBytes: 5 << 20))
    try await body(store, standIn, clock)
  }

  private static func refusal(_ code: String) -> String {
    "<?xml version=\"1.0\"?><Error><Code>\(code)</Code><Message>Because &amp; so.</Message></Error>"
  }

  @Test("Temporary failures are retried with growing delays")
  func temporaryFailuresAreRetriedWithGrowingDelays() async throws {
    try await with([
      .status(503, body: Self.refusal("SlowDown")), .hangUp, .status(500), .status(200),
    ]) { store, standIn, clock in
      try await store.put(Array("hello".utf8), at: "key")
      #expect(
        standIn.requests.map { String(decoding: $0.body, as: UTF8.self) }
          == Array(repeating: "hello", count: 4))
      // A kept connection that broke is libcurl's own to replace, at once.
      #expect(clock.rests.count == 2 && clock.rests[0] < clock.rests[1], "\(clock.rests)")
    }
  }

  @Test("A request is abandoned after the maximum number of attempts")
  func aRequestIsAbandonedAfterTheMaximumNumber() async throws {
    let answers = Array(repeating: HTTPStandIn.Answer.status(503, body: Self.refusal("SlowDown")), count: 9)
    try await with(answers) { store, standIn, _ in
      let error = try #require(await Self.failure { _ = try await store.get("key") })
      #expect(error.code == .unavailable && error.retry == .later && standIn.requests.count == 5)
      #expect(error.message.contains("SlowDown: Because & so."), "\(error)")
    }
  }

  @Test(
    "Lasting failures are not retried",
    arguments: [
      (400, "EntityTooLarge", ObjectStorageError.Code.refused), (403, "AccessDenied", .denied),
      (403, "RequestTimeTooSkewed", .clockSkew), (404, "NoSuchBucket", .bucketMissing),
      (404, "NoSuchKey", .notFound), (301, "PermanentRedirect", .unexpectedAnswer),
    ])
  func lastingFailuresAreNotRetried(status: Int, code: String, meaning: ObjectStorageError.Code)
    async throws
  {
    try await with([.status(status, body: Self.refusal(code))]) { store, standIn, _ in
      #expect(await Self.failure { _ = try await store.get("key") }?.code == meaning)
      #expect(standIn.requests.count == 1)
    }
  }

  @Test("The parts of a failed upload are removed")
  func thePartsOfAFailedUploadAreRemoved() async throws {
    let files = try TestFiles()
    let path = try files.write(ContractTests.bytes(11 << 20), to: "source")
    let started = "<InitiateMultipartUploadResult><UploadId>up+1/=</UploadId></InitiateMultipartUploadResult>"
    try await with([
      .status(200, body: started), .status(200, headers: ["ETag: \"one\""]), .hangUp,
      .status(200, headers: ["ETag: \"two\""]), .status(200, headers: ["ETag: \"three\""]),
      .status(200, body: Self.refusal("InternalErrorOfSomeKind")), .status(204),
    ]) { store, standIn, _ in
      let error = await Self.failure { try await store.put(file: path, at: "a b/c") }
      #expect(error?.code == .unexpectedAnswer, "\(String(describing: error))")
      #expect(
        standIn.lines.map { $0.split(separator: " ").prefix(2).joined(separator: " ") } == [
          "POST /bucket/a%20b/c?uploads=",
          "PUT /bucket/a%20b/c?partNumber=1&uploadId=up%2B1%2F%3D",
          "PUT /bucket/a%20b/c?partNumber=2&uploadId=up%2B1%2F%3D",
          "PUT /bucket/a%20b/c?partNumber=2&uploadId=up%2B1%2F%3D",
          "PUT /bucket/a%20b/c?partNumber=3&uploadId=up%2B1%2F%3D",
          "POST /bucket/a%20b/c?uploadId=up%2B1%2F%3D",
          "DELETE /bucket/a%20b/c?uploadId=up%2B1%2F%3D",
        ])
      let parts = standIn.requests.filter { $0.line.hasPrefix("PUT") }
      #expect(parts.map(\.body.count) == [5 << 20, 5 << 20, 5 << 20, 1 << 20])
      for part in parts { #expect(part.headers["x-amz-content-sha256"] == Digest(of: part.body).hex) }
    }
  }

  @Test("Requests are signed, and never without a digest of their body")
  func requestsAreSignedAndNeverWithoutADigest() async throws {
    try await with([.status(200)]) { store, standIn, _ in
      try await store.put([1, 2, 3], at: "key")
      let headers = try #require(standIn.requests.first?.headers)
      #expect(headers["authorization"]?.hasPrefix("AWS4-HMAC-SHA256 Credential=key/") == true)
      #expect(headers["x-amz-content-sha256"] == Digest(of: [1, 2, 3] as [UInt8]).hex)
      #expect(!headers.values.contains { $0.contains("secret") })
    }
  }

  @Test(
    "An invalid address is rejected",
    arguments: ["", "ftp://host", "http://", "http://user@host", "http://host/path", "http://ho st"])
  func anInvalidAddressIsRejected(endpoint: String) {
    #expect(throws: ObjectStorageError.self) {
      try S3Bucket(endpoint: endpoint, name: "bucket", accessKey: "k", secretKey: Secret("s"))
    }
  }

  @Test(
    "An invalid bucket name is rejected",
    arguments: ["", "ab", "Upper", "under_score", "two..dots", "sl/ash"])
  func anInvalidBucketNameIsRejected(name: String) {
    #expect(throws: ObjectStorageError.self) {
      try S3Bucket(endpoint: "http://host", name: name, accessKey: "k", secretKey: Secret("s"))
    }
  }
}
