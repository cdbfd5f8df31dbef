import HTTP
import HTTPSupport
import Model
import StripeAPI
import StripeSupport
import Testing

/// A client of a stand-in for Stripe, with a clock that records its rests.
struct StripeClientFixture {
  static let key = "sk_test_51HGeheim"
  let clock = RestClock()

  static func price(_ id: String, active: Bool = true, amount: String = "1000", kind: String = "one_time")
    -> String
  {
    """
    {"id":"\(id)","object":"price","active":\(active),"billing_scheme":"per_unit","created":1759000000,\
    "currency":"usd","livemode":false,"metadata":{},"product":"prod_1","type":"\(kind)",\
    "unit_amount":\(amount),"unit_amount_decimal":null}
    """
  }

  func client(
    _ server: StripeStandIn, key: String = key, retries: RetryPolicy = .stripe,
    timeout: Duration = .seconds(30)
  ) throws -> StripeClient {
    StripeClient(
      endpoint: try StripeEndpoint(parsing: server.address), key: Secret(key), client: HTTPClient(),
      clock: clock,
      retries: retries, timeout: timeout)
  }

  /// The error that asking for a price ends with.
  func failure(_ client: StripeClient, price id: String = "price_1") async throws -> StripeError {
    do {
      let price = try await client.price(id)
      throw Unexpected(price: price)
    } catch let error as StripeError {
      for text in [error.description, error.debugDescription, error.backendError.description] {
        #expect(!text.contains("Geheim"), "\(text)")
      }
      return error
    }
  }

  private struct Unexpected: Error { let price: StripePrice }
}
