package import Model
package import Postgres

/// The ledger of one database.
package struct LedgerStore: Sendable {
  let pool: PostgresPool

  package init(_ pool: PostgresPool) { self.pool = pool }

  /// The account that issues credits, for payments that Stripe has cleared and for grants.
  package static let clearingAccount = "stripe"
  /// The prefix of the names of erased accounts.
  package static let erasedPrefix = "erased-"

  /// The name in a reference such as `account/ada`, or the name itself.
  package static func plainName(_ reference: String) -> String {
    reference.hasPrefix("account/") ? String(reference.dropFirst("account/".count)) : reference
  }

  /// Whether a person's account may have the name: 1 to 63 lowercase letters, digits and inner hyphens,
  /// without the prefix of erased accounts.
  package static func isValidName(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    let isWord = { (byte: UInt8) in (97...122).contains(byte) || (48...57).contains(byte) }
    return (1...63).contains(bytes.count) && bytes.allSatisfy { isWord($0) || $0 == 45 } && isWord(bytes[0])
      && isWord(bytes[bytes.count - 1]) && !name.hasPrefix(erasedPrefix)
  }

  package enum AccountKind: String, Hashable, Sendable, CaseIterable {
    case creator
    case nodeOwner = "node_owner"
    case moduleDeveloper = "module_developer"
    case platform
    case stripeClearing = "stripe_clearing"
    case overflow
  }

  package struct Account: Hashable, Sendable {
    package let name: String
    package let kind: AccountKind
    package let balance: Credits
    /// What open holds reserve.
    package let held: Credits
    package let entries: Int64

    package var available: Credits { Credits(micro: balance.micro - held.micro) }

    init(name: String, kind: AccountKind, balance: Credits, held: Credits, entries: Int64) {
      self.name = name
      self.kind = kind
      self.balance = balance
      self.held = held
      self.entries = entries
    }

    static let columns = "name, kind, balance_micro, held_micro, entries"

    /// Nil for a kind that is unknown to this release.
    /// - Parameter row: A row with `columns`.
    init?(_ row: Row) throws(PostgresError) {
      guard let kind = AccountKind(rawValue: try row.text("kind")) else { return nil }
      name = try row.text("name")
      self.kind = kind
      balance = Credits(micro: try row.int("balance_micro"))
      held = Credits(micro: try row.int("held_micro"))
      entries = try row.int("entries")
    }
  }

  /// Opens accounts. Existing accounts keep their kind.
  package func open(_ names: [String], as kind: AccountKind) async throws(PostgresError) {
    _ = try await pool.query(LedgerStore.opening, [.textArray(names), .text(kind.rawValue)])
  }

  static let opening =
    "INSERT INTO accounts (name, kind) SELECT unnest($1::text[]), $2 ON CONFLICT (name) DO NOTHING"

  /// Nil: there is no such account. Reads one row, whatever the number of entries.
  package func account(_ name: String) async throws(PostgresError) -> Account? {
    let rows = try await pool.query(
      "SELECT \(Account.columns) FROM accounts WHERE name = $1", [.text(name)])
    return try rows.first.flatMap { row throws(PostgresError) in try Account(row) }
  }

  /// Executes calls one after the other in one transaction and returns the outcome of each, in their order.
  /// When it returns, successful calls are durable. When it throws, the calls may have been executed or not;
  /// a repetition with the same keys is safe.
  /// - Parameter time: The time to record; nil is the database's time.
  package func execute(
    _ calls: [LedgerCall], at time: Timestamp? = nil
  ) async throws(PostgresError) -> [Result<LedgerReceipt, LedgerError>] {
    let batch = LedgerBatch(calls, at: time)
    guard let statement = batch.statement else { return try batch.outcomes(nil) }
    return try batch.outcomes(try await pool.pipeline([statement])[0])
  }

  /// Executes calls as a part of a transaction. They take effect when it commits.
  package static func execute(
    _ calls: [LedgerCall], at time: Timestamp? = nil, in transaction: PostgresTransaction
  ) async throws(PostgresError) -> [Result<LedgerReceipt, LedgerError>] {
    let batch = LedgerBatch(calls, at: time)
    guard let statement = batch.statement else { return try batch.outcomes(nil) }
    return try batch.outcomes(try await transaction.pipeline([statement])[0])
  }

  /// Expires overdue holds, oldest first, and returns their number.
  /// - Parameters:
  ///   - time: Decides which holds are overdue; nil is the database's time.
  ///   - limit: The maximum number of holds.
  package func expire(at time: Timestamp? = nil, limit: Int = 1000) async throws(PostgresError) -> Int {
    let rows = try await pool.query(
      "SELECT ledger_expire($1::timestamptz, $2::int) AS expired",
      [.optional(time, SQLValue.timestamp), .int(Int64(limit))])
    return Int(try rows.only().int("expired"))
  }
}
