package import HTTP
internal import Model

/// Objects of a bucket of S3, or of a compatible store.
///
/// Every request is repeated after a delay when the store is overloaded, reports an internal error or is
/// unreachable. Signatures cover the bodies, so a body cannot change on the way.
package struct S3Store: ObjectStore {
  let bucket: S3Bucket
  let multipart: S3Multipart
  private let client: HTTPClient
  private let clock: any Clock<Duration>
  private let retries: RetryPolicy
  private let timeout: Duration

  /// Connects with the first request.
  /// - Parameters:
  ///   - clock: Measures the delays between attempts.
  ///   - timeout: The time limit of one attempt, from its start to its last byte.
  package init(
    _ bucket: S3Bucket, client: HTTPClient, clock: any Clock<Duration> = ContinuousClock(),
    retries: RetryPolicy = .s3, timeout: Duration = .seconds(300),
    multipart: S3Multipart = S3Multipart()
  ) {
    self.bucket = bucket
    self.client = client
    self.clock = clock
    self.retries = retries
    self.timeout = timeout
    self.multipart = multipart
  }

  package var location: String { "s3://\(bucket.name) at \(bucket.endpoint)" }

  func subject(_ key: String) -> String { "s3://\(bucket.name)/\(key) at \(bucket.endpoint)" }

  package func put(_ bytes: [UInt8], at key: String) async throws(ObjectStorageError) {
    try ObjectKey.check(key, in: location)
    var request = request(.put, bucket.url(key), digest: Digest(of: bytes))
    request.body = bytes
    request.add("Content-Type", "application/octet-stream")
    try await send(request, about: subject(key))
  }

  package func put(file path: String, at key: String) async throws(ObjectStorageError) {
    try ObjectKey.check(key, in: location)
    let bytes = try LocalFile(path, subject: path).bytes
    if bytes > multipart.threshold { return try await putParts(of: path, bytes, at: key) }
    try await put(
      HTTPFileBody(path: path, length: bytes), bucket.url(key), about: subject(key))
  }

  /// Uploads a part of a file; returns its etag.
  @discardableResult
  func put(
    _ body: HTTPFileBody, _ url: String, about subject: String
  ) async throws(ObjectStorageError) -> String {
    let digest = try LocalFile(body.path, subject: body.path).digest(body.offset, body.length)
    var request = request(.put, url, digest: digest)
    request.fileBody = body
    request.add("Content-Type", "application/octet-stream")
    let response = try await send(request, about: subject)
    return response.headers["etag"] ?? ""
  }

  package func get(_ key: String, limit: Int) async throws(ObjectStorageError) -> [UInt8] {
    try ObjectKey.check(key, in: location)
    var request = request(.get, bucket.url(key))
    request.maximumResponseBytes = limit
    return try await send(request, about: subject(key)).body
  }

  package func get(_ key: String, to path: String) async throws(ObjectStorageError) {
    try ObjectKey.check(key, in: location)
    var request = request(.get, bucket.url(key))
    // An object may be as long as many parts.
    request.totalTimeout = timeout * 12
    try await retrying(request, about: subject(key)) { request in
      await download(request, to: path, about: subject(key))
    }
  }

  package func head(_ key: String) async throws(ObjectStorageError) -> ObjectSummary? {
    try ObjectKey.check(key, in: location)
    let answer = try await send(request(.head, bucket.url(key)), about: subject(key), accepting: [404])
    if answer.status == 404 {
      // The response has no body that could say whether the bucket exists.
      let bucketAnswer = try await send(request(.head, bucket.url()), about: location, accepting: [404])
      guard bucketAnswer.status != 404 else {
        throw ObjectStorageError(.bucketMissing, "\(location): there is no such bucket")
      }
      return nil
    }
    guard let length = answer.headers["content-length"].flatMap({ Int64($0) }) else {
      throw ObjectStorageError(.unexpectedAnswer, "\(subject(key)): the answer has no length")
    }
    return ObjectSummary(key: key, bytes: length, etag: S3Store.etag(answer.headers["etag"] ?? ""))
  }

  package func delete(_ key: String) async throws(ObjectStorageError) {
    try ObjectKey.check(key, in: location)
    do throws(ObjectStorageError) {
      try await send(request(.delete, bucket.url(key)), about: subject(key))
    } catch {
      guard error.code == .notFound else { throw error }
    }
  }

  /// The etag without quotes.
  static func etag(_ text: String) -> String { text.filter { $0 != "\"" } }
}

// Sends requests.
extension S3Store {
  func request(_ method: HTTPMethod, _ url: String, digest: Digest? = nil) -> HTTPRequest {
    var request = HTTPRequest(method, url)
    request.signing = bucket.signing
    request.tls = bucket.tls
    request.totalTimeout = timeout
    request.add("x-amz-content-sha256", (digest ?? Digest(of: "")).hex)
    return request
  }

  /// Sends the request, with retries. Statuses outside 2xx throw unless they are accepted.
  @discardableResult
  func send(
    _ request: HTTPRequest, about subject: String, accepting: Set<Int> = []
  ) async throws(ObjectStorageError) -> HTTPResponse {
    try await retrying(request, about: subject) { request in
      do throws(HTTPError) {
        let response = try await client.send(request)
        if (200..<300).contains(response.status) || accepting.contains(response.status) {
          return .success(response)
        }
        return .failure(S3Failure(status: response.status, body: response.body, about: subject))
      } catch {
        return .failure(S3Failure(error, about: subject))
      }
    }
  }

  @discardableResult
  private func retrying<Output>(
    _ request: HTTPRequest, about subject: String,
    _ attempt: (HTTPRequest) async -> Result<Output, S3Failure>
  ) async throws(ObjectStorageError) -> Output {
    var attempts = 0
    while true {
      attempts += 1
      if request.method != .get, request.method != .head {
        try MutationFence.require(ObjectStorageErrorCode.leaseLost)
      }
      switch await attempt(request) {
      case .success(let output): return output
      case .failure(let failure):
        guard failure.mayPass, let delay = retries.delay(afterAttempt: attempts, of: request.url) else {
          throw failure.error
        }
        do {
          try await clock.sleep(for: delay)
        } catch {
          throw ObjectStorageError(.cancelled, "\(subject): the request was cancelled")
        }
      }
    }
  }

  private func download(
    _ request: HTTPRequest, to path: String, about subject: String
  ) async -> Result<Void, S3Failure> {
    do throws(HTTPError) {
      let stream = try await client.stream(request)
      guard (200..<300).contains(stream.status) else {
        let body = try await stream.collect(limit: 1 << 20)
        return .failure(S3Failure(status: stream.status, body: body, about: subject))
      }
      let opened = Result { () throws(ObjectStorageError) in try PartialFile(path, subject: path) }
      guard case .success(let file) = opened else { return .failure(S3Failure(opened)) }
      for try await piece in stream {
        let written = piece.withUnsafeBytes { file.write($0) }
        guard case .success = written else { return .failure(S3Failure(written)) }
      }
      let finished = Result { () throws(ObjectStorageError) in try file.finish() }
      guard case .success = finished else { return .failure(S3Failure(finished)) }
      return .success(())
    } catch {
      return .failure(S3Failure(error, about: subject))
    }
  }
}

extension S3Failure {
  /// A failure of this machine's own file.
  fileprivate init<Output>(_ result: Result<Output, ObjectStorageError>) {
    mayPass = false
    switch result {
    case .failure(let error): self.error = error
    case .success: self.error = ObjectStorageError(.file, "a file failed without a reason")
    }
  }
}

extension RetryPolicy {
  /// Waits for at most 10 seconds between 5 attempts.
  package static let s3 = RetryPolicy(
    attempts: 5, initialDelay: .milliseconds(200), maxDelay: .seconds(10))
}
