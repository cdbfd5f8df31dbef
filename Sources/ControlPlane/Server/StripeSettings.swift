package import HTTP
package import Model
package import StripeAPI

/// The Stripe settings of a server.
package struct StripeSettings: Sendable {
  /// Signing secrets of the webhook endpoint; empty if the server accepts no events.
  package let secrets: [Secret]
  private let key: Secret?
  private let endpoint: StripeEndpoint
  package let isLive: Bool

  package var isEnabled: Bool { !secrets.isEmpty }

  /// - Parameter source: the source of a setting by its name, for messages.
  package init(
    secrets: String?, key: String?, address: String, mode: String?, source: (String) -> String
  ) throws(OperationError) {
    self.secrets = (secrets ?? "").split(separator: ",").map { $0.filter { !$0.isWhitespace } }
      .filter { !$0.isEmpty }.map { Secret(String($0)) }
    let key = key.map { $0.filter { !$0.isWhitespace } }.flatMap { $0.isEmpty ? nil : $0 }
    self.key = key.map { Secret($0) }
    do throws(StripeError) {
      endpoint = try StripeEndpoint(parsing: address)
    } catch {
      throw .usage("stripeAddress (\(source("stripeAddress"))): \(error)")
    }
    let isTestKey = key.map { $0.hasPrefix("sk_test_") || $0.hasPrefix("rk_test_") } ?? false
    let isLiveKey = key.map { $0.hasPrefix("sk_live_") || $0.hasPrefix("rk_live_") } ?? false
    switch mode.map({ ($0, StripeMode(rawValue: $0)) }) {
    case nil: isLive = !isTestKey
    case (_, .live?)?: isLive = true
    case (_, .test?)?: isLive = false
    case (let text, nil)?:
      throw .usage("stripeMode (\(source("stripeMode"))): ‘\(text)’ is neither live nor test")
    }
    guard isLive ? !isTestKey : !isLiveKey else {
      throw .usage(
        "stripeMode (\(source("stripeMode"))): the events are \(isLive ? "live" : "test") events and the "
          + "key is \(isLive ? "a test" : "a live") key; an endpoint accepts one mode")
    }
  }

  /// Nil without a key.
  package func client(_ http: HTTPClient) -> StripeClient? {
    key.map { key in
      // Stripe waits for the response to its delivery, and repeats a failed delivery.
      StripeClient(
        endpoint: endpoint, key: key, client: http, retries: RetryPolicy(attempts: 2), timeout: .seconds(8))
    }
  }
}
