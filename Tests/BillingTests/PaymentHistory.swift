import Billing
import Model
import RandomSupport
import StripeSupport

/// The events of one payment in their order, and the credits that its account finally has of it.
struct PaymentHistory: Sendable {
  let payment: Payment
  let events: [String]
  /// Micro-credits.
  let credits: Int64
  /// Why its session stays a dead letter; nil if it does not.
  let leaves: Refusal.Reason?

  init(_ number: Int, _ numbers: inout SeededRandom) {
    var payment = Payment(number: number, lines: [])
    var given: Int64 = 0
    for _ in 0..<Int.random(in: 1...3, using: &numbers) {
      let quantity = Int64.random(in: 1...4, using: &numbers)
      let (price, each): (String, Int64) =
        Bool.random(using: &numbers) ? ("price_100", 100_000_000) : ("price_550", 550_000_000)
      payment.lines.append((price, quantity, Int64.random(in: 1...3000, using: &numbers)))
      given += quantity * each
    }
    var (events, credits): ([String], Int64) = ([], 0)
    var leaves: Refusal.Reason?
    switch Int.random(in: 0..<8, using: &numbers) {
    case 0:
      payment.lines = payment.lines.map { ($0.price, $0.quantity, 0) }
      payment.hasIntent = false
      (events, credits) = ([payment.completed("no_payment_required")], given)
    case 1:
      payment.hasIntent = false
      (events, leaves) = ([payment.completed()], .unsupportedSession)
    case 2: events = [payment.completed("unpaid"), payment.asyncFailed()]
    case 3: (events, leaves) = ([payment.completed("unpaid")], .unpaid)
    case 4:
      events = [payment.completed("unpaid"), payment.asyncSucceeded()]
      credits = given - PaymentHistory.reverse(payment, given, &events, &numbers)
    default:
      events = [payment.completed()]
      credits = given - PaymentHistory.reverse(payment, given, &events, &numbers)
    }
    (self.payment, self.events, self.credits, self.leaves) = (payment, events, credits, leaves)
  }

  /// Adds refunds and disputes of a payment.
  /// - Returns: The credits to reverse.
  private static func reverse(
    _ payment: Payment, _ given: Int64, _ events: inout [String], _ numbers: inout SeededRandom
  ) -> Int64 {
    let amount = payment.amount
    var returned: Int64 = 0
    for _ in 0..<Int.random(in: 0...3, using: &numbers) {
      returned = Int64.random(in: returned...amount, using: &numbers)
      if returned > 0 { events.append(payment.refunded(returned)) }
    }
    if Bool.random(using: &numbers) {
      let disputed = Int64.random(in: 1...amount, using: &numbers)
      events.append(payment.dispute("needs_response", disputed))
      switch Int.random(in: 0..<3, using: &numbers) {
      case 0: returned += disputed
      case 1:
        events.append(payment.dispute("lost", disputed, on: "closed", at: 1_795_000_900))
        returned += disputed
      default: events.append(payment.dispute("won", disputed, on: "closed", at: 1_795_000_900))
      }
    }
    // An independent computation; the product fits 64 bits here.
    return returned >= amount ? given : given * returned / amount
  }
}
