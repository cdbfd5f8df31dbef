internal import Model
internal import Postgres

extension LedgerProof {
  /// Follows the chain of erasures: how many there are, and what is wrong with them.
  static func erasures(
    in transaction: PostgresTransaction
  ) async throws(PostgresError) -> (count: Int, findings: [Finding]) {
    var (head, number): ([UInt8], Int64) = ([], 0)
    var problem: Finding?
    while true {
      let rows = try await transaction.query(erasurePage, [.int(number)])
      for row in rows {
        let (place, account, time) = (try row.int(0), try row.int(1), try row.timestamp(3))
        let link = ErasureLink(number: place, account: account, erasedBy: try row.text(2), erasedAt: time)
        let hash = try row.bytes(4)
        let name = try row.optionalText(5) ?? "account \(account)"
        func found(_ text: String) {
          guard problem == nil else { return }
          problem = Finding(entry: nil, account: name, problem: text)
        }
        if place != number &+ 1 {
          found("its erasure is number \(place) after \(number)")
        } else if hash != link.hash(after: head) {
          found("its erasure is not what its hash says")
        } else if try row.optionalTimestamp(6) != time || name != "\(LedgerStore.erasedPrefix)\(account)" {
          found("it was erased, and has a name or another time of that now")
        }
        (head, number) = (hash, place)
      }
      if rows.isEmpty { break }
    }
    var findings = problem.map { [$0] } ?? []
    for row in try await transaction.query(unrecorded) {
      findings.append(
        Finding(
          entry: nil, account: try row.text(0), problem: "it was erased, and nothing is recorded of that"))
    }
    return (Int(number), findings)
  }

  private static let erasurePage = """
    SELECT e.number, e.account, e.erased_by, e.erased_at, e.hash, a.name, a.erased_at
    FROM ledger_erasures e LEFT JOIN accounts a ON a.id = e.account
    WHERE e.number > $1 ORDER BY e.number LIMIT 5000
    """
  private static let unrecorded = """
    SELECT a.name FROM accounts a WHERE a.erased_at IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM ledger_erasures e WHERE e.account = a.id)
    ORDER BY a.name
    """
}
