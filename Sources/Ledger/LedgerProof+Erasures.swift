internal import Model
internal import Postgres

extension LedgerProof {
  /// Verifies the chain of erasures. Returns their number and the findings.
  static func erasures(
    in transaction: PostgresTransaction
  ) async throws(PostgresError) -> (count: Int, findings: [Finding]) {
    var (head, number): ([UInt8], Int64) = ([], 0)
    var problem: Finding?
    while true {
      let rows = try await transaction.query(erasurePage, [.int(number)])
      for row in rows {
        let (next, account) = (try row.int("number"), try row.int("account"))
        let time = try row.timestamp("erased_at")
        let link = ErasureLink(
          number: next, account: account, erasedBy: try row.text("erased_by"), erasedAt: time)
        let hash = try row.bytes("hash")
        let name = try row.optionalText("name") ?? "account \(account)"
        func found(_ text: String) {
          guard problem == nil else { return }
          problem = Finding(entry: nil, account: name, problem: text)
        }
        let accountTime = try row.optionalTimestamp("account_erased_at")
        if next != number &+ 1 {
          found("its erasure is number \(next) after \(number)")
        } else if hash != link.hash(after: head) {
          found("its erasure does not match its hash")
        } else if accountTime != time || name != "\(LedgerStore.erasedPrefix)\(account)" {
          found("it was erased, but has a name or another time of erasure")
        }
        (head, number) = (hash, next)
      }
      if rows.isEmpty { break }
    }
    var findings = problem.map { [$0] } ?? []
    for row in try await transaction.query(unrecorded) {
      findings.append(
        Finding(
          entry: nil, account: try row.text("name"), problem: "it was erased, but no erasure is recorded"))
    }
    return (Int(number), findings)
  }

  private static let erasurePage = """
    SELECT e.number, e.account, e.erased_by, e.erased_at, e.hash, a.name, a.erased_at AS account_erased_at
    FROM ledger_erasures e LEFT JOIN accounts a ON a.id = e.account
    WHERE e.number > $1 ORDER BY e.number LIMIT 5000
    """
  private static let unrecorded = """
    SELECT a.name FROM accounts a WHERE a.erased_at IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM ledger_erasures e WHERE e.account = a.id)
    ORDER BY a.name
    """
}
