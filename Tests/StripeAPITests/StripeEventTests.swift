import Model
import StripeAPI
import StripeSupport
import Testing

struct StripeEventTests {
  private func read(_ type: String, _ object: String) throws -> StripeEvent {
    try StripeEvent(body: Array(SampleEvents.event(type, object: object).utf8))
  }

  /// The error of a body that is rejected; nil when it is read.
  private func problem(_ body: some Sequence<UInt8>) -> String? {
    do {
      _ = try StripeEvent(body: Array(body))
      return nil
    } catch {
      #expect(error.code == .malformedEvent && error.retry == .afterChange)
      return error.message
    }
  }

  @Test(
    "Sessions are read",
    arguments: ["checkout.session.completed", "checkout.session.async_payment_succeeded"])
  func sessionsAreRead(type: String) throws {
    let event = try read(type, SampleEvents.session())
    #expect(event.id == "evt_1Nx1" && event.type == type && event.isLive)
    #expect(event.created == Timestamp(seconds: 1_760_000_000) && event.apiVersion == "2026-10-28.endive")
    let session = try #require(event.object.session)
    #expect(session.id == "cs_live_a1" && session.paymentStatus == .paid)
    #expect(session.currency == "usd" && session.amountTotal == 4200)
    #expect(session.clientReferenceID == "user-7" && session.paymentIntent == "pi_3Nx")
    #expect(session.metadata == ["account": "a-7", "note": "Grüße ☕"])
    #expect(session.mode == .payment)
    #expect(session.lineItems == nil, "events leave them out")
  }

  @Test("Sessions may omit optional members") func sessionsMayOmitOptionalMembers() throws {
    let bare = SampleEvents.session(
      "no_payment_required", total: "null", currency: "null", intent: "null", metadata: "null")
    let session = try #require(try read("checkout.session.completed", bare).object.session)
    #expect(session.paymentStatus == .noPaymentRequired && session.amountTotal == nil)
    #expect(session.currency == nil && session.paymentIntent == nil && session.metadata.isEmpty)
    let rich = SampleEvents.session(
      "a_new_word", intent: #"{"id":"pi_9","object":"payment_intent","amount":4200}"#,
      more: #","line_items":\#(SampleEvents.list(SampleEvents.lineItem, hasMore: true))"#)
    let other = try #require(try read("checkout.session.completed", rich).object.session)
    #expect(other.paymentStatus == .other("a_new_word") && other.paymentIntent == "pi_9", "expanded")
    #expect(other.lineItems?.hasMore == true)
    let item = try #require(other.lineItems?.elements.first)
    #expect(item.id == "li_1" && item.price == "price_200" && item.quantity == 2)
    #expect(item.currency == "usd" && item.amountSubtotal == 2000 && item.amountTotal == 2000)
  }

  @Test("Refunds are read") func refundsAreRead() throws {
    let charge = try #require(try read("charge.refunded", SampleEvents.charge()).object.charge)
    #expect(charge.id == "ch_3Nx" && charge.paymentIntent == "pi_3Nx" && charge.currency == "usd")
    #expect(charge.amount == 4200 && charge.amountRefunded == 500 && charge.refunds == nil)
    let more = #","refunds":\#(SampleEvents.list(SampleEvents.refund))"#
    let full = try #require(try read("charge.refunded", SampleEvents.charge(more: more)).object.charge)
    let refund = try #require(full.refunds?.elements.first)
    #expect(refund.id == "re_1" && refund.amount == 500 && refund.currency == "usd")
    #expect(refund.status == "succeeded" && full.refunds?.hasMore == false)
  }

  @Test("Disputes are read", arguments: ["created", "closed", "funds_withdrawn", "funds_reinstated"])
  func disputesAreRead(end: String) throws {
    let dispute = try #require(try read("charge.dispute.\(end)", SampleEvents.dispute()).object.dispute)
    #expect(dispute.id == "du_1" && dispute.charge == "ch_3Nx" && dispute.paymentIntent == "pi_3Nx")
    #expect(dispute.amount == 4200 && dispute.currency == "usd" && dispute.status == .needsResponse)
  }

  @Test(
    "Disputes end with a status",
    arguments: zip(
      ["won", "lost", "under_review", "warning_closed", "prevented", "a_new_word"],
      [.won, .lost, .underReview, .warningClosed, .prevented, .other("a_new_word")]
        as [StripeDispute.Status]))
  func disputesEndWithAStatus(word: String, status: StripeDispute.Status) throws {
    let object = SampleEvents.dispute(word, charge: SampleEvents.charge())
    let dispute = try #require(try read("charge.dispute.closed", object).object.dispute)
    #expect(dispute.status == status && dispute.charge == "ch_3Nx")
  }

  @Test(
    "Objects of other events are not parsed",
    arguments: ["charge.dispute.updated", "charge.succeeded", "invoice.paid", "a.type.to.come"])
  func objectsOfOtherEventsAreNotParsed(type: String) throws {
    let event = try read(type, #"{"object":7,"amount":-1}"#)
    #expect(event.object == .other(type) && event.type == type)
  }

  struct Bad: Sendable, CustomTestStringConvertible {
    let body: String
    let says: String
    var testDescription: String { says }

    static func session(_ object: String, _ says: String) -> Bad {
      Bad(body: SampleEvents.event("checkout.session.completed", object: object), says: says)
    }
    static func charge(_ object: String, _ says: String) -> Bad {
      Bad(body: SampleEvents.event("charge.refunded", object: object), says: says)
    }
  }

  static let bad = [
    Bad(body: "", says: "not JSON at byte 0"),
    Bad(body: "{\"id\":", says: "not JSON at byte 6"),
    Bad(body: #"{"id":"evt_1","id":"evt_2"}"#, says: "the object has the key ‘id’ twice"),
    Bad(body: "[]", says: "the document is no object"),
    Bad(body: "null", says: "the document is missing"),
    Bad(body: "{}", says: "object is missing"),
    Bad(body: #"{"object":"v2.core.event"}"#, says: "object is not “event”"),
    Bad(body: #"{"object":"event"}"#, says: "id is missing"),
    Bad(body: SampleEvents.event("x", id: "", object: "{}"), says: "id is no id"),
    Bad(body: SampleEvents.event("x", id: #"a\u0000b"#, object: "{}"), says: "id is no id"),
    Bad(body: SampleEvents.event("", object: "{}"), says: "type is no id"),
    Bad(body: SampleEvents.event("x", created: "1e400", object: "{}"), says: "created is no whole number"),
    Bad(body: SampleEvents.event("x", created: "1.5", object: "{}"), says: "created is no whole number"),
    Bad(body: SampleEvents.event("x", created: "-1", object: "{}"), says: "created is negative"),
    Bad(
      body: SampleEvents.event("x", created: "9223372036854775807", object: "{}"), says: "created lies beyond"
    ),
    Bad(
      body: SampleEvents.event("x", created: "9223372036854775808", object: "{}"), says: "created is no whole"
    ),
    Bad(body: SampleEvents.event("x", live: "\"true\"", object: "{}"), says: "livemode is neither"),
    .session("null", "data.object is missing"),
    .session("[]", "data.object is no object"),
    .session(SampleEvents.charge(), "data.object.object is not “checkout.session”"),
    .session(SampleEvents.session(total: "42.5"), "data.object.amount_total is no whole number"),
    .session(SampleEvents.session(total: "\"42\""), "data.object.amount_total is no whole number"),
    .session(SampleEvents.session(total: "-1"), "data.object.amount_total is negative"),
    .session(
      SampleEvents.session(total: "9223372036854775808"),
      "data.object.amount_total is no whole number of 64 bits"),
    .session(SampleEvents.session(currency: "\"US $\""), "data.object.currency is no currency"),
    .session(SampleEvents.session(intent: "{}"), "data.object.payment_intent.id is missing"),
    .session(
      SampleEvents.session(metadata: #"{"geheim":1}"#), "data.object.metadata has a value that is no text"),
    .session(
      SampleEvents.session(more: #","line_items":{"object":"list","data":{}}"#),
      "data.object.line_items.data is no list"),
    .session(
      SampleEvents.session(more: #","line_items":\#(SampleEvents.list("\(SampleEvents.lineItem),{}"))"#),
      "data.object.line_items.data[1].object is missing"),
    .charge(SampleEvents.charge(refunded: "4201"), "data.object.amount_refunded is more than"),
    .charge(SampleEvents.charge(refunded: "true"), "data.object.amount_refunded is no whole number"),
  ]

  @Test("The error names the path", arguments: bad) func theErrorNamesThePath(_ bad: Bad) throws {
    let said = try #require(problem(bad.body.utf8))
    #expect(said.contains(bad.says) && !said.contains("geheim"), "\(said)")
  }

  @Test("Depth and size are errors") func depthAndSizeAreErrors() {
    let deep = String(repeating: "[", count: 400_000) + String(repeating: "]", count: 400_000)
    #expect(problem(SampleEvents.event("x", object: deep).utf8)?.contains("nested deeper") == true)
    let nested = String(repeating: #"{"a":"#, count: 200_000) + "1" + String(repeating: "}", count: 200_000)
    #expect(problem(nested.utf8)?.contains("longer than") == true)
    let long = #"{"a":""# + String(repeating: "x", count: StripeEvent.maxBytes) + #""}"#
    #expect(problem(SampleEvents.event("x", object: long).utf8)?.contains("longer than") == true)
    let digits = String(repeating: "9", count: 100_000)
    #expect(problem(SampleEvents.event("x", created: digits, object: "{}").utf8) != nil)
    #expect(problem([0x22, 0xFF, 0x22])?.contains("UTF-8") == true)
  }

  @Test("Every truncated body is an error") func everyTruncatedBodyIsAnError() {
    let body = Array(SampleEvents.event("checkout.session.completed", object: SampleEvents.session()).utf8)
    for length in 0..<body.count { #expect(problem(body.prefix(length)) != nil, "\(length) bytes") }
    #expect(problem(body) == nil)
  }
}

extension StripeEvent.Object {
  fileprivate var session: StripeCheckoutSession? {
    if case .checkoutSession(let session) = self { session } else { nil }
  }
  fileprivate var charge: StripeCharge? {
    if case .charge(let charge) = self { charge } else { nil }
  }
  fileprivate var dispute: StripeDispute? {
    if case .dispute(let dispute) = self { dispute } else { nil }
  }
}
