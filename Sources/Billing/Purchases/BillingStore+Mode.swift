internal import Model
internal import Postgres
internal import StripeAPI

/// Live and test events never mix in one database: the first event of the server's mode records the mode.
extension BillingStore {
  /// Why the event cannot be processed in the store's mode; nil if the mode is the recorded one. Records the
  /// mode if none is recorded and the event has it.
  /// - Parameter recorded: Whether the recorded mode is live; nil if none is recorded.
  func refusalOfMode(_ recorded: Bool?, for received: ReceivedEvent) async throws(PostgresError)
    -> BackendError?
  {
    var recorded = recorded
    if recorded == nil, case .success(let event) = received.content, event.isLive == isLive {
      _ = try await pool.query(
        "INSERT INTO billing_mode (is_live) VALUES ($1) ON CONFLICT (is_only) DO NOTHING", [.bool(isLive)])
      recorded = try await recordedMode()
    }
    guard let recorded, recorded != isLive else { return nil }
    return otherMode(recorded)
  }

  /// Why no event can be replayed in the store's mode; nil if the mode is the recorded one.
  func refusalOfReplay() async throws(PostgresError) -> BackendError? {
    guard let recorded = try await recordedMode() else {
      return BackendError(
        code: "billing.mode", "no mode, live or test, is recorded for purchases yet",
        hint: "the first event that the server processes in its mode records it; replay afterwards",
        retry: .afterChange)
    }
    return recorded == isLive ? nil : otherMode(recorded)
  }

  private func recordedMode() async throws(PostgresError) -> Bool? {
    try await pool.query("SELECT is_live FROM billing_mode").first?.bool("is_live")
  }

  private func otherMode(_ recorded: Bool) -> BackendError {
    let (theirs, own) = recorded ? ("live", "test") : ("test", "live")
    return BackendError(
      code: "billing.mode", "the recorded mode of purchases is \(theirs), but the configured mode is \(own)",
      hint:
        "set a key of mode \(theirs), or set the mode: `stripeMode: \(theirs)` for the server, "
        + "`--mode \(theirs)` for a replay; keep \(own) purchases in a database of their own",
      retry: .afterChange)
  }

  /// Purchases are paid from an account that an applied Ledger opens.
  static let noLedger = BackendError(
    code: "billing.no-ledger",
    "no Ledger is applied in the database of purchases, so nothing can be credited",
    hint: "add a Ledger to the manifests and apply them; Stripe redelivers the event", retry: .afterChange
  )
}
