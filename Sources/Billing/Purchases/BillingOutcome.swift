package import Model

/// The outcome of processing an event.
package enum BillingOutcome: Sendable, Hashable {
  /// The account received these credits.
  case credited(Credits)
  /// Credits of a purchase were reversed, or reinstated after a dispute was won.
  case reversed(Credits)
  /// The event is recorded and moves no credits now.
  case noted
  /// The event was processed before.
  case repeated
  /// Events of this type are ignored.
  case ignored
  /// The event cannot be processed and is a dead letter.
  case kept(Refusal)
  /// Nothing was recorded, because a dependency is unavailable. The sender must send the event again.
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
