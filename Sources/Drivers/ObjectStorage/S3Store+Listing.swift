internal import HTTP
internal import Model

extension S3Store {
  private static let greatestPage = 1000
  /// A hundred million objects; a store that lists more repeats itself.
  private static let maxPages = 100_000

  package func list(prefix: String) async throws(ObjectStorageError) -> [ObjectSummary] {
    var found: [ObjectSummary] = []
    var token: String?
    for _ in 0..<S3Store.maxPages {
      var query = [("list-type", "2"), ("max-keys", String(S3Store.greatestPage)), ("prefix", prefix)]
      if let token { query.append(("continuation-token", token)) }
      let response = try await send(request(.get, bucket.url(query: query)), about: subject(prefix))
      let page = try S3Page(response.body, about: subject(prefix))
      found += page.objects.filter { $0.key.hasPrefix(prefix) }
      guard let next = page.next else {
        return found.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      }
      guard next != token else { break }
      token = next
    }
    throw ObjectStorageError(.unexpectedAnswer, "\(subject(prefix)): the list has no end")
  }
}

/// One response of ListObjectsV2.
private struct S3Page {
  var objects: [ObjectSummary] = []
  /// Nil for the last page.
  var next: String?

  init(_ body: [UInt8], about subject: String) throws(ObjectStorageError) {
    guard let root = XMLElement(parsing: body), root.name == "ListBucketResult" else {
      throw ObjectStorageError(.unexpectedAnswer, "\(subject): the answer is no list of objects")
    }
    for item in root.all("Contents") {
      guard let key = item["Key"]?.text, let bytes = (item["Size"]?.text).flatMap({ Int64($0) }) else {
        throw ObjectStorageError(.unexpectedAnswer, "\(subject): an object has no key or size")
      }
      // Some stores list folders as empty objects.
      if key.hasSuffix("/") { continue }
      objects.append(
        ObjectSummary(key: key, bytes: bytes, etag: S3Store.etag(item["ETag"]?.text ?? "")))
    }
    guard root["IsTruncated"]?.text == "true" else { return }
    guard let token = root["NextContinuationToken"]?.text, !token.isEmpty else {
      throw ObjectStorageError(.unexpectedAnswer, "\(subject): the list goes on and does not say where")
    }
    next = token
  }
}
