package import Model

/// What taking an event came to.
package enum BillingOutcome: Sendable, Hashable {
  /// The account got these credits.
  case credited(Credits)
  /// Credits went back to where they came from, or came back to the account after a dispute was won.
  case reversed(Credits)
  /// It is recorded, and moves nothing now.
  case noted
  /// It was done before.
  case repeated
  /// An event that nothing is done for.
  case ignored
  case kept(Refusal)
  /// Nothing was recorded: somebody who is needed does not answer. Whoever sent it is to send it again.
  case unavailable(BackendError)

  /// A stable word for programs.
  package var word: String {
    switch self {
    case .credited: "credited"
    case .reversed: "reversed"
    case .noted: "noted"
    case .repeated: "repeated"
    case .ignored: "ignored"
    case .kept: "kept"
    case .unavailable: "unavailable"
    }
  }
}
