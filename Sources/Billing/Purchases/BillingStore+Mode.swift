internal import Model
internal import Postgres
internal import StripeAPI

/// Live and test never mix in the books of one database: the first event of the server's own mode says which it is.
extension BillingStore {
  /// Why nothing is taken into these books now; nil where the mode fits. Records it where it is not yet.
  /// - Parameter recorded: nil until then. An event of the other mode records nothing.
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

  /// Why nothing is replayed in these books in this one's mode; nil where the mode is the recorded one.
  func refusalOfReplay() async throws(PostgresError) -> BackendError? {
    guard let recorded = try await recordedMode() else {
      return BackendError(
        code: "billing.mode", "these books are neither for live nor for test events yet",
        hint: "the first event that the server takes in its own mode says which; replay after it",
        retry: .afterChange)
    }
    return recorded == isLive ? nil : otherMode(recorded)
  }

  private func recordedMode() async throws(PostgresError) -> Bool? {
    try await pool.query("SELECT is_live FROM billing_mode").first?.bool(0)
  }

  private func otherMode(_ recorded: Bool) -> BackendError {
    let (theirs, own) = recorded ? ("live", "test") : ("test", "live")
    return BackendError(
      code: "billing.mode", "these books are for \(theirs) events, and this is set to \(own) ones",
      hint:
        "set a key of mode \(theirs), or say the mode: `stripeMode: \(theirs)` for the server, `--mode \(theirs)` for "
        + "a replay; keep \(own) purchases in a database of their own", retry: .afterChange)
  }

  /// Credits come from an account that an applied Ledger opens.
  static let noLedger = BackendError(
    code: "billing.no-ledger", "no Ledger is applied in the database of purchases, so nobody can be credited",
    hint: "add a Ledger to the manifests and apply them; Stripe delivers again meanwhile", retry: .afterChange
  )
}
