extension StripeCheckoutSession {
  init(_ field: JSONField) throws(JSONField.Mismatch) {
    try field.expect(object: "checkout.session")
    id = try field["id"].identifier()
    created = try field["created"].moment()
    mode =
      switch try field["mode"].text() {
      case "payment": .payment
      case "subscription": .subscription
      case "setup": .setup
      case let word: .other(word)
      }
    paymentStatus =
      switch try field["payment_status"].text() {
      case "paid": .paid
      case "unpaid": .unpaid
      case "no_payment_required": .noPaymentRequired
      case let word: .other(word)
      }
    currency = try field["currency"].present?.currency()
    amountTotal = try field["amount_total"].present?.amount()
    clientReferenceID = try field["client_reference_id"].present?.text()
    metadata = try field["metadata"].texts()
    paymentIntent = try field["payment_intent"].present?.reference()
    lineItems = try field["line_items"].present?.list(StripeLineItem.init)
  }
}

extension StripeLineItem {
  init(_ field: JSONField) throws(JSONField.Mismatch) {
    try field.expect(object: "item")
    id = try field["id"].identifier()
    price = try field["price"].present?.reference()
    quantity = try field["quantity"].present?.amount()
    currency = try field["currency"].currency()
    amountSubtotal = try field["amount_subtotal"].amount()
    amountTotal = try field["amount_total"].amount()
  }
}

extension StripeCharge {
  init(_ field: JSONField) throws(JSONField.Mismatch) {
    try field.expect(object: "charge")
    id = try field["id"].identifier()
    paymentIntent = try field["payment_intent"].present?.reference()
    currency = try field["currency"].currency()
    amount = try field["amount"].amount()
    amountRefunded = try field["amount_refunded"].amount()
    guard amountRefunded <= amount else {
      throw field["amount_refunded"].problem("is more than the charge's amount")
    }
    refunds = try field["refunds"].present?.list(StripeRefund.init)
  }
}

extension StripeRefund {
  init(_ field: JSONField) throws(JSONField.Mismatch) {
    try field.expect(object: "refund")
    id = try field["id"].identifier()
    amount = try field["amount"].amount()
    currency = try field["currency"].currency()
    status = try field["status"].present?.text()
  }
}

extension StripeDispute {
  init(_ field: JSONField) throws(JSONField.Mismatch) {
    try field.expect(object: "dispute")
    id = try field["id"].identifier()
    charge = try field["charge"].reference()
    paymentIntent = try field["payment_intent"].present?.reference()
    currency = try field["currency"].currency()
    amount = try field["amount"].amount()
    status =
      switch try field["status"].text() {
      case "needs_response": .needsResponse
      case "under_review": .underReview
      case "won": .won
      case "lost": .lost
      case "warning_needs_response": .warningNeedsResponse
      case "warning_under_review": .warningUnderReview
      case "warning_closed": .warningClosed
      case "prevented": .prevented
      case let word: .other(word)
      }
  }
}

extension StripePrice {
  init(_ field: JSONField) throws(JSONField.Mismatch) {
    try field.expect(object: "price")
    id = try field["id"].identifier()
    isActive = try field["active"].flag()
    currency = try field["currency"].currency()
    unitAmount = try field["unit_amount"].present?.amount()
    kind =
      switch try field["type"].text() {
      case "one_time": .oneTime
      case "recurring": .recurring
      case let word: .other(word)
      }
  }
}
