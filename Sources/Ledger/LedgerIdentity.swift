package import Model
package import Postgres

/// Which ledger a database has, and whether it continues a recorded one.
package struct LedgerIdentity: Hashable, Sendable {
  /// Nil for tables without the row that identifies a ledger.
  package let data: DataIdentity?
  /// Whether the ledger has the id of the recorded one, and the entry that is its recorded head. True where
  /// nothing is recorded.
  package let continuesRecorded: Bool

  package init(data: DataIdentity?, continuesRecorded: Bool = true) {
    self.data = data
    self.continuesRecorded = continuesRecorded
  }

  /// - Parameter recorded: The ledger as it was recorded last; nil when it never was.
  package static func read(_ pool: PostgresPool, recorded: DataIdentity?) async throws(PostgresError)
    -> LedgerIdentity
  {
    try LedgerIdentity(try await pool.pipeline([statement(recorded)])[0], recorded)
  }

  static func statement(_ recorded: DataIdentity?) -> Statement {
    let head = recorded?.head.flatMap { Head($0) }
    return Statement(
      LedgerSQL.identity, [.optional(head?.entry, SQLValue.int), .text(head?.hash ?? "")])
  }

  /// - Parameter rows: The rows of `statement`.
  init(_ rows: Rows, _ recorded: DataIdentity?) throws(PostgresError) {
    let row = try rows.only()
    let (id, entry, hash) = (
      try row.optionalText("id"), try row.optionalInt("entry"), try row.optionalText("hash")
    )
    var head: Head?
    if let entry, let hash { head = Head(entry: entry, hash: hash) }
    data = id.map { DataIdentity(id: $0, head: head?.description) }
    let hasRecorded = try row.bool("has_recorded")
    continuesRecorded = recorded.map { $0.id == id && hasRecorded } ?? true
  }

  /// The newest entry of a ledger: its number and its hash, as `12:9f86d081…`.
  private struct Head: CustomStringConvertible {
    let entry: Int64
    let hash: String

    init(entry: Int64, hash: String) {
      self.entry = entry
      self.hash = hash
    }

    init?(_ text: String) {
      let parts = text.split(separator: ":")
      guard parts.count == 2, let entry = Int64(parts[0]) else { return nil }
      self.init(entry: entry, hash: String(parts[1]))
    }

    var description: String { "\(entry):\(hash)" }
  }
}

extension MissingLedger {
  /// Nil when the recorded ledger is there, or when it had no entries.
  /// - Parameter found: Nil when there is no ledger.
  init?(of recorded: DataIdentity?, in database: ResourceID, found: LedgerIdentity?) {
    guard let recorded, recorded.head != nil, found?.continuesRecorded != true else { return nil }
    let instead: Found =
      if let found {
        found.data?.id == recorded.id
          ? .earlierState(head: found.data?.head) : .another(id: found.data?.id)
      } else {
        .nothing
      }
    self.init(database: database, recorded: recorded, found: instead)
  }
}
