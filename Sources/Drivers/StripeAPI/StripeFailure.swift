import HTTP
import Model

/// A failed attempt, and whether another one may succeed.
struct StripeFailure {
  let error: StripeError
  /// Whether the same request may succeed later.
  let mayPass: Bool
  /// The delay that the peer requests.
  let retryAfter: Duration?

  init(_ error: HTTPError, about subject: String, at endpoint: StripeEndpoint) {
    let detail = error.debugDescription
    func failure(_ code: StripeError.Code, _ what: String, hint: String?) -> StripeError {
      StripeError(code, "\(subject): Stripe at \(endpoint) \(what)", hint: hint, detail: detail)
    }
    retryAfter = nil
    switch error.code {
    case .timedOut:
      self.error = failure(
        .timedOut, "did not answer in time", hint: "check the network and Stripe's status page")
      mayPass = true
    case .connectionRefused, .unresolvedHost, .connectionLost:
      self.error = failure(
        .unreachable, "is not reachable", hint: "check the network, the DNS and Stripe's address")
      mayPass = true
    case .tls:
      self.error = failure(
        .untrusted, "shows no certificate that can be trusted",
        hint: "check Stripe's address, and that the system's authorities (ca-certificates) are up to date")
      mayPass = false
    case .cancelled, .closed:
      self.error = failure(.cancelled, "was not waited for", hint: nil)
      mayPass = false
    case .invalidRequest:
      self.error = failure(
        .invalidRequest, "cannot get the request in this form",
        hint: "check that the key is one line without spaces")
      mayPass = false
    case .tooLarge:
      self.error = failure(.unexpectedAnswer, "sends more than it can mean", hint: "check Stripe's address")
      mayPass = false
    default:
      self.error = failure(
        .unreachable, "could not be sent a request", hint: "check the machine's memory and network")
      mayPass = false
    }
  }

  /// From a response with any status but 200.
  init(_ response: HTTPResponse, about subject: String, at endpoint: StripeEndpoint) {
    let status = response.status
    let said = StripeFailure.words(of: response)
    func failure(_ code: StripeError.Code, _ what: String, hint: String) -> StripeError {
      StripeError(
        code, "\(subject): Stripe at \(endpoint) \(what)\(said)", hint: hint, cause: "status \(status)")
    }
    switch status {
    case 401:
      error = failure(
        .unauthorized, "does not take the key", hint: "set a key that is valid for this account")
    case 403:
      error = failure(
        .unauthorized, "does not let this key read it",
        hint: "use a key that may read checkout sessions and prices")
    case 404:
      error = failure(
        .notFound, "has nothing of this id",
        hint: "check the id, and whether key and id are both live or both test")
    case 408:
      error = failure(.timedOut, "did not get the request in time", hint: "check the network")
    case 429:
      error = failure(.rateLimited, "gets too many requests", hint: "send fewer requests, or wait")
    case 500...:
      error = failure(.failing, "fails with status \(status)", hint: "check Stripe's status page")
    default:
      error = failure(
        .unexpectedAnswer, "answers with status \(status)",
        hint: "check that Stripe's address leads to Stripe, API version \(StripeClient.apiVersion)")
    }
    let isTemporary = status == 408 || status == 429 || (500...599).contains(status)
    // Stripe marks failures that will not pass.
    mayPass = isTemporary && response.headers["stripe-should-retry"] != "false"
    retryAfter = response.headers["retry-after"].flatMap(UInt32.init).map { .seconds(Int64($0)) }
  }

  /// Stripe's machine-readable codes and the request's id, if well formed; Stripe's sentences may repeat any
  /// input.
  private static func words(of response: HTTPResponse) -> String {
    let error = (try? Value(json: response.body))?["error"]
    let words = [error?["type"], error?["code"], response.headers["request-id"].map(Value.string)]
    let plain = words.compactMap { word -> String? in
      guard case .string(let text)? = word, (1...64).contains(text.utf8.count),
        text.utf8.allSatisfy({ (97...122).contains($0 | 32) || (48...57).contains($0) || $0 == 95 })
      else { return nil }
      return text
    }
    return plain.isEmpty ? "" : " (\(plain.joined(separator: ", ")))"
  }
}
