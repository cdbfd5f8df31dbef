package import HTTP
package import Model

/// The address of a bucket and the credentials.
package struct S3Bucket: Sendable {
  /// `http://127.0.0.1:8333` or `https://s3.eu-central-1.amazonaws.com`; the bucket is a part of the path.
  package let endpoint: String
  package let name: String
  package let region: String
  package let accessKey: String
  package let secretKey: Secret
  package let tls: TLSOptions

  /// Throws `.invalidAddress`.
  package init(
    endpoint: String, name: String, region: String = "us-east-1", accessKey: String, secretKey: Secret,
    tls: TLSOptions = TLSOptions()
  ) throws(ObjectStorageError) {
    var endpoint = endpoint
    while endpoint.hasSuffix("/") { endpoint.removeLast() }
    let host = ["https://", "http://"].first(where: endpoint.hasPrefix).map { endpoint.dropFirst($0.count) }
    guard let host, !host.isEmpty, !host.utf8.contains(where: { $0 <= 32 || "/?#@".utf8.contains($0) }) else {
      throw ObjectStorageError(.invalidAddress, "the address of bucket ‘\(name)’ is none of an S3 store")
    }
    guard (3...63).contains(name.utf8.count), name.utf8.allSatisfy(S3Bucket.isLetter), !name.contains("..")
    else {
      throw ObjectStorageError(
        .invalidAddress, "‘\(name)’ is no name of a bucket",
        hint: "use 3 to 63 small letters, digits, ‘-’ and ‘.’")
    }
    guard !region.isEmpty, region.utf8.allSatisfy(S3Bucket.isLetter) else {
      throw ObjectStorageError(
        .invalidAddress, "‘\(region)’ is no name of a region", hint: "us-east-1 suits most stores but AWS")
    }
    self.endpoint = endpoint
    self.name = name
    self.region = region
    self.accessKey = accessKey
    self.secretKey = secretKey
    self.tls = tls
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (97...122).contains(byte) || (48...57).contains(byte) || byte == UInt8(ascii: "-")
      || byte == UInt8(ascii: ".")
  }

  /// The URL of an object, or of the bucket without one. Signatures cover path and query as written, so the
  /// query's names must be sorted.
  func url(_ key: String? = nil, query: [(String, String)] = []) -> String {
    var url = "\(endpoint)/\(name)"
    if let key {
      let parts = key.split(separator: "/", omittingEmptySubsequences: false)
      url += "/" + parts.map { PercentEncoding.encode(String($0)) }.joined(separator: "/")
    }
    let pairs = query.sorted { $0.0 < $1.0 }.map { name, value in
      "\(PercentEncoding.encode(name))=\(PercentEncoding.encode(value))"
    }
    return pairs.isEmpty ? url : "\(url)?\(pairs.joined(separator: "&"))"
  }

  var signing: AWSSigning { AWSSigning(region: region, accessKey: accessKey, secretKey: secretKey) }
}
