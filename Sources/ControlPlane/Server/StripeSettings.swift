package import HTTP
package import Model
package import StripeAPI

/// What a server needs to take Stripe's events.
package struct StripeSettings: Sendable {
  /// Signing secrets of the webhook endpoint; empty: no events are taken.
  package let secrets: [Secret]
  private let key: Secret?
  private let endpoint: StripeEndpoint
  package let isLive: Bool

  package var isOn: Bool { !secrets.isEmpty }

  /// - Parameter source: says where the setting of a name came from.
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
        "stripeMode (\(source("stripeMode"))): the events are \(isLive ? "live" : "test") ones and the key is "
          + "\(isLive ? "a test" : "a live") key; one endpoint takes one mode")
    }
  }

  /// Nil without a key.
  package func client(_ http: HTTPClient) -> StripeClient? {
    key.map { key in
      // Stripe waits for the answer to its delivery meanwhile, and delivers again where it was in vain.
      StripeClient(
        endpoint: endpoint, key: key, client: http, retries: RetryPolicy(attempts: 2), timeout: .seconds(8))
    }
  }
}
