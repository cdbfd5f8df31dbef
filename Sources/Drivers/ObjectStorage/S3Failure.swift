internal import HTTP
internal import Model

/// The meaning of a response that is not a success.
struct S3Failure: Error {
  let error: ObjectStorageError
  /// Whether the same request may succeed after a moment.
  let mayPass: Bool

  /// - Parameter subject: The bucket and key, with the address.
  init(_ error: HTTPError, about subject: String) {
    let isCancelled = error.code == .cancelled
    self.error = ObjectStorageError(isCancelled ? .cancelled : .unreachable, "\(subject): \(error)")
    mayPass = !isCancelled && error.retry == .later && error.code != .closed
  }

  init(status: Int, body: [UInt8], about subject: String) {
    let element = XMLElement(parsing: body)
    let code = element?.name == "Error" ? element?["Code"]?.text ?? "" : ""
    let said = [code, element?["Message"]?.text ?? ""].filter { !$0.isEmpty }.joined(separator: ": ")
    let message = "\(subject): S3 answered \(status)\(said.isEmpty ? "" : " (\(said.prefix(300)))")"
    let meaning: ObjectStorageError.Code =
      switch code {
      case "NoSuchKey", "NoSuchUpload": .notFound
      case "NoSuchBucket": .bucketMissing
      case "RequestTimeTooSkewed": .clockSkew
      case "SlowDown", "RequestTimeout", "InternalError", "ServiceUnavailable", "OperationAborted":
        .unavailable
      default:
        switch status {
        case 401, 403: .denied
        case 404: .notFound
        case 408, 429, 500...599: .unavailable
        case 200..<300, 301, 307: .unexpectedAnswer
        default: .refused
        }
      }
    error = ObjectStorageError(meaning, message)
    mayPass = meaning == .unavailable && status != 501 && status != 507
  }
}
