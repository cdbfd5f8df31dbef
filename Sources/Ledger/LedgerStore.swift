package import Model
package import Postgres

/// The books of one database: what changes them, and what they say.
package struct LedgerStore: Sendable {
  let pool: PostgresPool

  package init(_ pool: PostgresPool) { self.pool = pool }

  /// Where credits come into being: against money that Stripe has cleared, or as a grant.
  package static let clearingAccount = "stripe"
  /// Begins what an account is called whose name was removed.
  package static let erasedPrefix = "erased-"

  /// The name in a reference such as `account/ada`, or the name itself.
  package static func plainName(_ reference: String) -> String {
    reference.hasPrefix("account/") ? String(reference.dropFirst("account/".count)) : reference
  }

  /// Whether people may call an account so: small letters, digits and `-` inside, and no name that the ledger gives itself.
  package static func isFree(_ name: String) -> Bool {
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
    /// What open holds reserve of it.
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

    /// - Parameter row: name, kind, balance, held, number of entries.
    init?(_ row: Row) throws(PostgresError) {
      guard let kind = AccountKind(rawValue: try row.text(1)) else { return nil }
      name = try row.text(0)
      self.kind = kind
      balance = Credits(micro: try row.int(2))
      held = Credits(micro: try row.int(3))
      entries = try row.int(4)
    }
  }

  /// Makes the functions and guards of this release, in place of others. May be repeated.
  package func guardBooks() async throws(PostgresError) {
    try await pool.transaction { transaction throws(PostgresError) in
      // Whoever moves credits begins with accounts, and is waited for before anything else is locked.
      try await transaction.query("LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE")
      try await transaction.script(LedgerGuards.sql)
    }
  }

  /// Opens accounts; those that are there keep their kind.
  package func open(_ names: [String], as kind: AccountKind) async throws(PostgresError) {
    _ = try await pool.query(LedgerStore.opening, [.textArray(names), .text(kind.rawValue)])
  }

  static let opening =
    "INSERT INTO accounts (name, kind) SELECT unnest($1::text[]), $2 ON CONFLICT (name) DO NOTHING"

  /// Nil: there is no such account. One row, however many entries there are.
  package func account(_ name: String) async throws(PostgresError) -> Account? {
    let rows = try await pool.query(
      "SELECT name, kind, balance_micro, held_micro, entries FROM accounts WHERE name = $1", [.text(name)])
    return try rows.first.flatMap { row throws(PostgresError) in try Account(row) }
  }

  /// Does all calls in one transaction, one after the other, each with an outcome of its own, in their order. Either all
  /// that is told as done is in the books for good, or it throws and a repetition with the same keys is safe.
  /// - Parameter time: when it is recorded; nil is the database's time.
  package func execute(
    _ calls: [LedgerCall], at time: Timestamp? = nil
  ) async throws(PostgresError) -> [Result<LedgerReceipt, LedgerError>] {
    let batch = LedgerBatch(calls, at: time)
    guard let statement = batch.statement else { return try batch.outcomes(nil) }
    return try batch.outcomes(try await pool.pipeline([statement])[0])
  }

  /// The same as a part of a transaction that has more to do: what is told as done is so once that commits.
  package static func execute(
    _ calls: [LedgerCall], at time: Timestamp? = nil, in transaction: PostgresTransaction
  ) async throws(PostgresError) -> [Result<LedgerReceipt, LedgerError>] {
    let batch = LedgerBatch(calls, at: time)
    guard let statement = batch.statement else { return try batch.outcomes(nil) }
    return try batch.outcomes(try await transaction.pipeline([statement])[0])
  }

  /// Gives back what holds reserve whose time is over, `most` at a time; returns how many there were.
  package func expire(at time: Timestamp? = nil, most: Int = 1000) async throws(PostgresError) -> Int {
    let rows = try await pool.query(
      "SELECT ledger_expire($1::timestamptz, $2::int)",
      [.optional(time, SQLValue.timestamp), .int(Int64(most))])
    return Int(try rows.only().int(0))
  }
}
