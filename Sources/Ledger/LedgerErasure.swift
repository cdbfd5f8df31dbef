package import Model
package import Postgres

/// The erasure of a person's name from the ledger (seeds: data erasure). The account keeps its id, entries
/// and balance, so sums and hashes do not change; its name becomes `erased-ID`. Erasures are recorded in a
/// hash chain of their own, `ledger_erasures`.
package struct LedgerErasure: Hashable, Sendable {
  package let account: Int64
  /// The new name of the account.
  package let name: String
  /// The number of the record, counted from 1.
  package let number: Int64
  package let erasedBy: String
  package let erasedAt: Timestamp
  /// False if the account had been erased before; the database was not changed then.
  package let isNew: Bool
  /// The number of rows that hooks changed.
  package let others: Int
  /// The destinations that could not be written and still contain the name. Erasing the account again, by its
  /// new name, writes them.
  package private(set) var exportsLeft: [Remainder]

  package struct Remainder: Hashable, Sendable {
    package let destination: String
    package let error: ExportError
  }

  /// Removes the personal data of another module in the same transaction. Receives the account's id and
  /// former name and returns the number of rows that it changed.
  package typealias Hook = @Sendable (PostgresTransaction, Int64, String) async throws(PostgresError) -> Int

  /// Erases an account's name: in one transaction from the ledger and, by hooks, from other modules, then
  /// from the exports. May be repeated with the new name.
  /// - Parameters:
  ///   - operator: The person who erases, 1 to 200 bytes; stays in the record. If it is the account itself,
  ///     the record has the new name.
  ///   - time: The time to record; nil is the database's time.
  ///   - exports: The exports whose file of accounts is replaced.
  package static func erase(
    _ name: String, by operator: String, at time: Timestamp? = nil, in pool: PostgresPool,
    alsoErasing hooks: [Hook] = [], exports: [DailyExport] = []
  ) async throws(ErasureError) -> LedgerErasure {
    guard (1...200).contains(`operator`.utf8.count), `operator`.firstControlCharacter == nil else {
      throw ErasureError(
        .invalidName, "the name of the operator must be 1 to 200 bytes without control characters")
    }
    var done: LedgerErasure
    do {
      // Overdue holds do not prevent an erasure.
      while try await LedgerStore(pool).expire(at: time) > 0 {}
      done = try await pool.transaction(throwingAny: { transaction in
        try await LedgerErasure.erase(name, by: `operator`, at: time, in: transaction, alsoErasing: hooks)
      })
    } catch {
      throw ErasureError(any: error)
    }
    var left: [Remainder] = []
    for export in exports {
      do throws(ExportError) {
        try await export.writeAccounts()
      } catch {
        left.append(Remainder(destination: export.destination, error: error))
      }
    }
    done.exportsLeft = left
    return done
  }

  private static func erase(
    _ name: String, by operator: String, at time: Timestamp?, in transaction: PostgresTransaction,
    alsoErasing hooks: [Hook]
  ) async throws -> LedgerErasure {
    let found = try await transaction.query(lock, [.text(name), .optional(time, SQLValue.timestamp)])
    guard let row = found.first else {
      throw ErasureError(
        .unknownAccount, "there is no account ‘\(name)’",
        hint: "the name of an erased account is erased-ID")
    }
    let (account, kind) = (try row.int("id"), try row.text("kind"))
    if try row.optionalTimestamp("erased_at") != nil {
      return try await recorded(account, name, in: transaction)
    }
    guard erasableKinds.contains(where: { $0.rawValue == kind }) else {
      throw ErasureError(.notErasable, "‘\(name)’ is an account of kind \(kind), which belongs to no person")
    }
    let held = Credits(micro: try row.int("held_micro"))
    guard held.micro == 0 else {
      throw ErasureError(
        .openHolds, "\(held) credits of ‘\(name)’ are held for jobs",
        hint: "wait until they are captured, or void them",
        retry: .later)
    }
    let newName = "\(LedgerStore.erasedPrefix)\(account)"
    let erasedAt = try row.timestamp("now")
    do throws(PostgresError) {
      try await transaction.query(rename, [.int(account), .text(newName), .timestamp(erasedAt)])
    } catch {
      guard error.code == .duplicate else { throw error }
      throw ErasureError(.nameTaken, "another account already has the name \(newName)")
    }
    let by = `operator` == name ? newName : `operator`
    let number = try await append(account, by, erasedAt, in: transaction)
    var others = 0
    for hook in hooks { others += try await hook(transaction, account, name) }
    return LedgerErasure(
      account: account, name: newName, number: number, erasedBy: by, erasedAt: erasedAt, isNew: true,
      others: others, exportsLeft: [])
  }

  /// Appends a record to the chain. The lock serialises erasures until they commit.
  private static func append(
    _ account: Int64, _ by: String, _ time: Timestamp, in transaction: PostgresTransaction
  ) async throws(PostgresError) -> Int64 {
    try await transaction.query("LOCK TABLE ledger_erasures IN SHARE ROW EXCLUSIVE MODE")
    let last = try await transaction.query(newest).first
    let link = ErasureLink(
      number: (try last?.int("number") ?? 0) + 1, account: account, erasedBy: by, erasedAt: time)
    try await transaction.query(
      insertion,
      [
        .int(link.number), .int(account), .text(by), .timestamp(time),
        .bytes(link.hash(after: try last?.bytes("hash") ?? [])),
      ])
    return link.number
  }

  private static func recorded(
    _ account: Int64, _ name: String, in transaction: PostgresTransaction
  ) async throws(PostgresError) -> LedgerErasure {
    let row = try await transaction.query(record, [.int(account)]).only()
    return LedgerErasure(
      account: account, name: name, number: try row.int("number"), erasedBy: try row.text("erased_by"),
      erasedAt: try row.timestamp("erased_at"), isNew: false, others: 0, exportsLeft: [])
  }

  private static let erasableKinds: [LedgerStore.AccountKind] = [.creator, .nodeOwner, .moduleDeveloper]
  private static let lock = """
    SELECT a.id, a.kind, a.erased_at, a.held_micro, coalesce($2::timestamptz, now()) AS now
    FROM accounts a WHERE a.name = $1 FOR UPDATE OF a
    """
  private static let rename = "UPDATE accounts SET name = $2, erased_at = $3 WHERE id = $1"
  private static let newest = "SELECT number, hash FROM ledger_erasures ORDER BY number DESC LIMIT 1"
  private static let insertion = """
    INSERT INTO ledger_erasures (number, account, erased_by, erased_at, hash) VALUES ($1, $2, $3, $4, $5)
    """
  private static let record = "SELECT number, erased_by, erased_at FROM ledger_erasures WHERE account = $1"
}

/// The fields of a row of `ledger_erasures` that its hash covers.
struct ErasureLink {
  let number: Int64
  let account: Int64
  let erasedBy: String
  let erasedAt: Timestamp

  /// SHA-256 of the previous hash, empty for the first row, and the row's fields.
  func hash(after previous: [UInt8]) -> [UInt8] {
    var bytes = previous
    for number in [number, account, erasedAt.microseconds] {
      withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }
    bytes.append(contentsOf: erasedBy.utf8)
    return Digest.sha256(of: bytes)
  }
}
