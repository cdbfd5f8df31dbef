package import Model
package import Postgres

/// Removes a person's name from the books (seeds: data erasure). The account keeps its number, entries and balance, so sums
/// and hashes stay what they were; it is called `erased-NUMBER` from then on. That it was erased is recorded in a chain of
/// its own, `ledger_erasures`.
package struct LedgerErasure: Hashable, Sendable {
  package let account: Int64
  /// What the account is called now.
  package let name: String
  /// Of the record, counted from 1.
  package let number: Int64
  package let erasedBy: String
  package let erasedAt: Timestamp
  /// False: it had been erased before, and nothing was changed in the database.
  package let isNew: Bool
  /// Rows that other rooms changed.
  package let others: Int
  /// The destinations where the name still stands, because they could not be written: erasing the account again, by the
  /// name that it has now, writes them.
  package let exportsLeft: [Remainder]

  package struct Remainder: Hashable, Sendable {
    package let destination: String
    package let error: ExportError
  }

  /// What another room has to remove, in the same transaction: it gets the account's number and former name, and returns
  /// how many rows it changed.
  package typealias Hook = @Sendable (PostgresTransaction, Int64, String) async throws(PostgresError) -> Int

  /// Erases an account's name, in one transaction with what other rooms know of it, and then from the exports. May be
  /// repeated with the name that the account has then.
  /// - Parameters:
  ///   - operator: who does it, 1 to 200 bytes; stands in the record for ever. Somebody who erases themselves is recorded
  ///     by their new name.
  ///   - time: when; nil is the database's time.
  ///   - exports: where the file of accounts is to be replaced.
  package static func erase(
    _ name: String, by operator: String, at time: Timestamp? = nil, in pool: PostgresPool,
    alsoErasing hooks: [Hook] = [], exports: [DailyExport] = []
  ) async throws(ErasureError) -> LedgerErasure {
    guard (1...200).contains(`operator`.utf8.count), !`operator`.utf8.contains(where: { $0 < 32 }) else {
      throw ErasureError(.invalidName, "who erases is said in 1 to 200 bytes without control characters")
    }
    let done: LedgerErasure
    do {
      // Holds whose time is over bind nobody.
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
    return done.leaving(left)
  }

  private static func erase(
    _ name: String, by operator: String, at time: Timestamp?, in transaction: PostgresTransaction,
    alsoErasing hooks: [Hook]
  ) async throws -> LedgerErasure {
    let found = try await transaction.query(lock, [.text(name), .optional(time, SQLValue.timestamp)])
    guard let row = found.first else {
      throw ErasureError(
        .unknownAccount, "there is no account ‘\(name)’",
        hint: "one that was erased is called erased-NUMBER since then")
    }
    let (account, kind) = (try row.int(0), try row.text(1))
    if try row.optionalTimestamp(2) != nil { return try await recorded(account, name, in: transaction) }
    guard erasableKinds.contains(where: { $0.rawValue == kind }) else {
      throw ErasureError(.notErasable, "‘\(name)’ is an account of kind \(kind), which is no person's")
    }
    let held = Credits(micro: try row.int(3))
    guard held.micro == 0 else {
      throw ErasureError(
        .openHolds, "\(held) credits of ‘\(name)’ are held for jobs",
        hint: "wait until they are captured, or void them",
        retry: .later)
    }
    let newName = "\(LedgerStore.erasedPrefix)\(account)"
    let erasedAt = try row.timestamp(4)
    do throws(PostgresError) {
      try await transaction.query(rename, [.int(account), .text(newName), .timestamp(erasedAt)])
    } catch {
      guard error.code == .duplicate else { throw error }
      throw ErasureError(.nameTaken, "another account is called \(newName) already")
    }
    let by = `operator` == name ? newName : `operator`
    let number = try await append(account, by, erasedAt, in: transaction)
    var others = 0
    for hook in hooks { others += try await hook(transaction, account, name) }
    return LedgerErasure(
      account: account, name: newName, number: number, erasedBy: by, erasedAt: erasedAt, isNew: true,
      others: others, exportsLeft: [])
  }

  /// Records come one after the other: whoever comes second waits for the first to commit.
  private static func append(
    _ account: Int64, _ by: String, _ time: Timestamp, in transaction: PostgresTransaction
  ) async throws(PostgresError) -> Int64 {
    try await transaction.query("LOCK TABLE ledger_erasures IN SHARE ROW EXCLUSIVE MODE")
    let last = try await transaction.query(newest).first
    let link = ErasureLink(
      number: (try last?.int(0) ?? 0) + 1, account: account, erasedBy: by, erasedAt: time)
    try await transaction.query(
      insertion,
      [
        .int(link.number), .int(account), .text(by), .timestamp(time),
        .bytes(link.hash(after: try last?.bytes(1) ?? [])),
      ])
    return link.number
  }

  private static func recorded(
    _ account: Int64, _ name: String, in transaction: PostgresTransaction
  ) async throws(PostgresError) -> LedgerErasure {
    let row = try await transaction.query(record, [.int(account)]).only()
    return LedgerErasure(
      account: account, name: name, number: try row.int(0), erasedBy: try row.text(1),
      erasedAt: try row.timestamp(2), isNew: false, others: 0, exportsLeft: [])
  }

  private func leaving(_ left: [Remainder]) -> LedgerErasure {
    LedgerErasure(
      account: account, name: name, number: number, erasedBy: erasedBy, erasedAt: erasedAt, isNew: isNew,
      others: others, exportsLeft: left)
  }

  private static let erasableKinds: [LedgerStore.AccountKind] = [.creator, .nodeOwner, .moduleDeveloper]
  private static let lock = """
    SELECT a.id, a.kind, a.erased_at, a.held_micro,
      coalesce($2::timestamptz, now())
    FROM accounts a WHERE a.name = $1 FOR UPDATE OF a
    """
  private static let rename = "UPDATE accounts SET name = $2, erased_at = $3 WHERE id = $1"
  private static let newest = "SELECT number, hash FROM ledger_erasures ORDER BY number DESC LIMIT 1"
  private static let insertion = """
    INSERT INTO ledger_erasures (number, account, erased_by, erased_at, hash) VALUES ($1, $2, $3, $4, $5)
    """
  private static let record = "SELECT number, erased_by, erased_at FROM ledger_erasures WHERE account = $1"
}

/// A row of `ledger_erasures`, as its hash covers it.
struct ErasureLink {
  let number: Int64
  let account: Int64
  let erasedBy: String
  let erasedAt: Timestamp

  /// SHA-256 of the hash before it, empty for the first, and the row's fields.
  func hash(after previous: [UInt8]) -> [UInt8] {
    var bytes = previous
    for number in [number, account, erasedAt.microseconds] {
      withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }
    bytes.append(contentsOf: erasedBy.utf8)
    return Digest.sha256(of: bytes)
  }
}
