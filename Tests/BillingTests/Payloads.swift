import Model
import StripeSupport

/// Events about one buyer's payment, in the form that Stripe documents.
struct Payment: Sendable {
  /// The suffix of the ids of its session, payment, charge and dispute.
  var number = 1
  /// The `client_reference_id`; nil omits it.
  var reference: String? = "ada"
  var metadata: String = "{}"
  /// Price, quantity and amount of each line.
  var lines: [(price: String, quantity: Int64, amount: Int64)] = [("price_100", 1, 1000)]
  var currency = "usd"
  var mode = "payment"
  /// Whether its session has the id of the payment.
  var hasIntent = true
  var created: Int64 = 1_795_000_000
  var isLive = true
  /// Whether the event contains its line items, which events of Stripe do not by default.
  var hasItems = true

  var session: String { "cs_live_\(number)" }
  var intent: String { "pi_\(number)" }
  var amount: Int64 { lines.reduce(0) { $0 + $1.amount } }

  func items() -> [String] {
    lines.enumerated().map { index, line in
      """
      {"id":"li_\(number)_\(index)","object":"item","amount_discount":0,"amount_subtotal":\(line.amount),\
      "amount_tax":0,"amount_total":\(line.amount),"currency":"\(currency)","description":"credits",\
      "price":{"id":"\(line.price)","object":"price","active":true,"currency":"\(currency)",\
      "type":"one_time"},"quantity":\(line.quantity)}
      """
    }
  }

  func completed(_ status: String = "paid", event: String? = nil) -> String {
    checkout("checkout.session.completed", status, event ?? "evt_completed_\(number)")
  }

  func asyncSucceeded() -> String {
    checkout("checkout.session.async_payment_succeeded", "paid", "evt_async_\(number)")
  }

  func asyncFailed() -> String {
    checkout("checkout.session.async_payment_failed", "unpaid", "evt_failed_\(number)")
  }

  private func checkout(_ type: String, _ status: String, _ event: String) -> String {
    let account = reference.map { Value.string($0).json } ?? "null"
    let list = hasItems ? ",\"line_items\":" + SampleEvents.list(items().joined(separator: ",")) : ""
    return SampleEvents.event(
      type, id: event, live: "\(isLive)",
      object: """
        {"id":"\(session)","object":"checkout.session","amount_subtotal":\(amount),"amount_total":\(amount),\
        "client_reference_id":\(account),"created":\(created),"currency":"\(currency)",\
        "customer_details":{"email":"ada@example.com","name":"Ada L."},"livemode":\(isLive),\
        "metadata":\(metadata),"mode":"\(mode)","payment_intent":\(hasIntent ? "\"\(intent)\"" : "null"),\
        "payment_status":"\(status)","status":"complete"\(list)}
        """)
  }

  /// - Parameter total: The total refunded amount.
  func refunded(_ total: Int64, currency: String? = nil) -> String {
    SampleEvents.event(
      "charge.refunded", id: "evt_refund_\(number)_\(total)", live: "\(isLive)",
      object: """
        {"id":"ch_\(number)","object":"charge","amount":\(amount),"amount_refunded":\(total),\
        "billing_details":{"email":"ada@example.com"},"currency":"\(currency ?? self.currency)",\
        "payment_intent":"\(intent)","refunded":\(total == amount)}
        """)
  }

  func dispute(
    _ status: String, _ disputed: Int64, on type: String = "created", at seconds: Int64 = 1_795_000_100
  )
    -> String
  {
    SampleEvents.event(
      "charge.dispute.\(type)", id: "evt_dispute_\(number)_\(type)_\(status)", created: "\(seconds)",
      live: "\(isLive)",
      object: """
        {"id":"du_\(number)","object":"dispute","amount":\(disputed),"charge":"ch_\(number)",\
        "currency":"\(currency)","payment_intent":"\(intent)","reason":"fraudulent","status":"\(status)"}
        """)
  }
}
