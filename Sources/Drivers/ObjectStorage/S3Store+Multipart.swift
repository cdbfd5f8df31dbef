internal import HTTP
internal import Model

/// The size from which a file is uploaded in parts, and the size of the parts.
package struct S3Multipart: Sendable, Hashable {
  /// Larger files are uploaded in parts.
  package let threshold: Int64
  private let partBytes: Int64
  /// S3's own limit.
  private static let maxParts: Int64 = 10_000

  /// S3 accepts parts of at least 5 MiB, except for the last.
  package init(threshold: Int64 = 64 << 20, partBytes: Int64 = 32 << 20) {
    self.threshold = threshold
    self.partBytes = max(partBytes, 5 << 20)
  }

  /// Offset and length of each part.
  func parts(of bytes: Int64) -> [(offset: Int64, length: Int64)] {
    let size = max(partBytes, (bytes + S3Multipart.maxParts - 1) / S3Multipart.maxParts)
    return stride(from: 0, to: bytes, by: Int(size)).map { ($0, min(size, bytes - $0)) }
  }
}

extension S3Store {
  /// The object is visible once all parts are uploaded; a failure removes the parts.
  func putParts(of path: String, _ bytes: Int64, at key: String) async throws(ObjectStorageError) {
    let started = try await send(
      request(.post, bucket.url(key, query: [("uploads", "")])), about: subject(key))
    guard let upload = XMLElement(parsing: started.body)?["UploadId"]?.text, !upload.isEmpty else {
      throw ObjectStorageError(.unexpectedAnswer, "\(subject(key)): the answer names no upload")
    }
    do throws(ObjectStorageError) {
      var list = "<CompleteMultipartUpload>"
      for (index, part) in multipart.parts(of: bytes).enumerated() {
        let url = bucket.url(key, query: [("partNumber", String(index + 1)), ("uploadId", upload)])
        let etag = try await put(
          HTTPFileBody(path: path, offset: part.offset, length: part.length), url, about: subject(key))
        guard !etag.isEmpty, !etag.contains(where: { "<&".contains($0) }) else {
          throw ObjectStorageError(.unexpectedAnswer, "\(subject(key)): part \(index + 1) got no etag")
        }
        list += "<Part><PartNumber>\(index + 1)</PartNumber><ETag>\(etag)</ETag></Part>"
      }
      list += "</CompleteMultipartUpload>"
      try await complete(upload, Array(list.utf8), at: key)
    } catch {
      await abort(upload, of: key)
      throw error
    }
  }

  /// S3 may respond with 200 and report a failure in the body.
  private func complete(
    _ upload: String, _ list: [UInt8], at key: String
  ) async throws(ObjectStorageError) {
    var request = request(.post, bucket.url(key, query: [("uploadId", upload)]), digest: Digest(of: list))
    request.body = list
    request.add("Content-Type", "application/xml")
    let response = try await send(request, about: subject(key))
    guard XMLElement(parsing: response.body)?.name == "CompleteMultipartUploadResult" else {
      throw S3Failure(status: response.status, body: response.body, about: subject(key)).error
    }
  }

  /// Runs in a cancelled task too, because remaining parts cost money. An error here says less than the one
  /// before it.
  private func abort(_ upload: String, of key: String) async {
    let request = request(.delete, bucket.url(key, query: [("uploadId", upload)]))
    // Awaited; unstructured only so that the cancellation does not reach it.
    _ = await Task { try? await send(request, about: subject(key)) }.value
  }
}
