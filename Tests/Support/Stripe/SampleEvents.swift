/// Bodies in the shapes that Stripe's reference gives its objects, with members among them that no code
/// reads.
package enum SampleEvents {
  package static func event(
    _ type: String, id: String = "evt_1Nx1", created: String = "1760000000", live: String = "true",
    object: String
  ) -> String {
    """
    {"id":"\(id)","object":"event","api_version":"2026-10-28.endive","created":\(created),\
    "data":{"object":\(object)},\
    "livemode":\(live),"pending_webhooks":1,"request":{"id":null,"idempotency_key":null},"type":"\(type)"}
    """
  }

  package static func session(
    _ status: String = "paid", total: String = "4200", currency: String = "\"usd\"",
    intent: String = "\"pi_3Nx\"", metadata: String = #"{"account":"a-7","note":"Grüße ☕"}"#,
    more: String = ""
  ) -> String {
    """
    {"id":"cs_live_a1","object":"checkout.session","after_expiration":null,"amount_subtotal":4200,\
    "amount_total":\(total),"automatic_tax":{"enabled":false,"status":null},"client_reference_id":"user-7",\
    "created":1759999900,"currency":\(currency),"customer":null,"livemode":true,"metadata":\(metadata),\
    "mode":"payment","payment_intent":\(intent),"payment_method_types":["card"],"payment_status":"\(status)",\
    "status":"complete","url":null\(more)}
    """
  }

  package static let lineItem = """
    {"id":"li_1","object":"item","amount_discount":0,"amount_subtotal":2000,"amount_tax":0,\
    "amount_total":2000,"currency":"usd",\
    "description":"200 credits","price":{"id":"price_200","object":"price","active":true,\
    "currency":"usd","type":"one_time","unit_amount":1000},"quantity":2}
    """

  package static func list(_ elements: String, hasMore: Bool = false) -> String {
    #"{"object":"list","data":[\#(elements)],"has_more":\#(hasMore),"url":"/v1/anything"}"#
  }

  package static func charge(refunded: String = "500", more: String = "") -> String {
    """
    {"id":"ch_3Nx","object":"charge","amount":4200,"amount_captured":4200,"amount_refunded":\(refunded),\
    "billing_details":{"address":{"city":null}},"captured":true,"currency":"usd","disputed":false,\
    "payment_intent":"pi_3Nx","refunded":false,"status":"succeeded"\(more)}
    """
  }

  package static let refund = """
    {"id":"re_1","object":"refund","amount":500,"charge":"ch_3Nx","created":1760000000,"currency":"usd",\
    "payment_intent":"pi_3Nx","reason":null,"status":"succeeded"}
    """

  package static func dispute(_ status: String = "needs_response", charge: String = #""ch_3Nx""#) -> String {
    """
    {"id":"du_1","object":"dispute","amount":4200,"balance_transactions":[],"charge":\(charge),\
    "currency":"usd",\
    "evidence":{"receipt":null},"is_charge_refundable":false,"payment_intent":"pi_3Nx","reason":"fraudulent",\
    "status":"\(status)"}
    """
  }
}
