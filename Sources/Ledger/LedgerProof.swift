internal import Model
package import Postgres

/// Computes every chain anew and compares: finds whatever was changed, taken out, put in, moved or cut off.
package struct LedgerProof: Sendable {
  package struct Finding: Hashable, Sendable, CustomStringConvertible {
    /// Nil where it concerns what an account says of itself.
    package let entry: Int64?
    package let account: String
    package let problem: String

    package var description: String { "\(account)\(entry.map { ", entry \($0)" } ?? ""): \(problem)" }
  }

  package struct Report: Hashable, Sendable {
    package var entries = 0
    package var accounts = 0
    package var erasures = 0
    /// The first problem of each account, by name.
    package var findings: [Finding] = []
    package var isSound: Bool { findings.isEmpty }
  }

  private let pool: PostgresPool
  private static let pageSize = 20_000

  package init(_ pool: PostgresPool) { self.pool = pool }

  /// Looks at the books as they are at one moment. Reads page by page, so memory follows the number of accounts.
  package func verify() async throws(PostgresError) -> Report {
    try await pool.transaction(TransactionOptions(isolation: .repeatableRead, isReadOnly: true)) {
      transaction throws(PostgresError) in
      try await LedgerProof.verify(in: transaction)
    }
  }

  private static func verify(in transaction: PostgresTransaction) async throws(PostgresError) -> Report {
    var chains = Chains()
    for row in try await transaction.query("SELECT id, kind FROM accounts") {
      chains.begin(try row.int(0), kind: try row.text(1))
    }
    var report = Report()
    var rows = try await entries(after: .min, in: transaction)?.get()
    while let page = rows {
      let last = try page.last?.int(0)
      // The server reads the next page while this one is computed.
      async let following = entries(after: page.count < pageSize ? nil : last, in: transaction)
      for row in page { try chains.follow(row) }
      report.entries += page.count
      rows = try await following?.get()
    }
    for row in try await transaction.query(accounts) {
      chains.close(
        try row.int(0), name: try row.text(1), balance: try row.int(2), count: try row.int(3),
        head: try row.bytes(4), held: try row.int(5), reserved: try row.int(6), gross: try row.int(7))
      report.accounts += 1
    }
    chains.closeRest()
    let erasures = try await erasures(in: transaction)
    report.erasures = erasures.count
    report.findings = chains.findings + erasures.findings
    for row in try await transaction.query(captures) {
      report.findings.append(
        Finding(
          entry: nil, account: try row.text(0),
          problem:
            "hold \(try row.int(1)) says that it paid \(try row.int(2)), and its entries come to \(try row.int(3))"
        ))
    }
    for row in try await transaction.query(rules) {
      report.findings.append(
        Finding(entry: nil, account: "rules", problem: "version \(try row.int(0)) is not what its hash says"))
    }
    return report
  }

  /// - Parameter last: nil where there is nothing more to ask for.
  private static func entries(after last: Int64?, in transaction: PostgresTransaction) async
    -> Result<Rows, PostgresError>?
  {
    guard let last else { return nil }
    do throws(PostgresError) {
      return .success(try await transaction.query(page, [.int(last), .int(Int64(pageSize))]))
    } catch {
      return .failure(error)
    }
  }

  private static let page = """
    SELECT id, debit_account, debit_number, debit_balance_micro, debit_hash, credit_account, credit_number,
      credit_balance_micro, credit_hash, amount_micro, type, job, (extract(epoch FROM recorded_at) * 1000000)::bigint,
      gross_micro, coalesce(hold, 0)
    FROM ledger_entries WHERE id > $1 ORDER BY id LIMIT $2
    """

  /// Holds that paid less than what was paid from them. What whoever pays would have paid to themselves leaves no entry.
  private static let captures = """
    SELECT coalesce(a.name, 'account ' || h.account), h.id, h.captured_micro, e.paid
    FROM holds h
    JOIN (
      SELECT hold, sum(amount_micro)::bigint AS paid FROM ledger_entries WHERE hold IS NOT NULL GROUP BY hold
    ) e ON e.hold = h.id
    LEFT JOIN accounts a ON a.id = h.account
    WHERE h.captured_micro < e.paid ORDER BY h.id LIMIT 1000
    """

  private static let rules = """
    SELECT r.version FROM (
      SELECT *, lag(hash) OVER (ORDER BY version) AS previous
      FROM ledger_rules
    ) r WHERE r.hash <> \(LedgerStore.hash(of: "r", after: "r.previous")) ORDER BY r.version
    """

  private static let accounts = """
    SELECT a.id, a.name, a.balance_micro, a.entries, a.head, a.held_micro, coalesce(h.reserved, 0)::bigint,
      a.gross_micro
    FROM accounts a
    LEFT JOIN (
      SELECT account, sum(amount_micro) AS reserved FROM holds WHERE state = 'open' GROUP BY account
    ) h ON h.account = a.id
    ORDER BY a.name
    """
}

/// One entry as one of its two accounts sees it.
private struct Link {
  let entry: Int64
  let number: Int64
  let other: Int64
  /// Negative for the account that gives.
  let amount: Int64
  let balance: Int64
  let gross: Int64
  /// 0 for none.
  let hold: Int64
  /// Microseconds since 1970.
  let time: Int64
}

/// How far each account was followed.
private struct Chains {
  private struct State {
    var number: Int64 = 0
    var balance: Int64 = 0
    var gross: Int64 = 0
    var head: [UInt8] = []
    var problem: (entry: Int64?, text: String)?

    mutating func follow(
      _ link: Link, _ type: String, _ job: String, says hash: [UInt8], _ buffer: inout [UInt8]
    ) {
      buffer.removeAll(keepingCapacity: true)
      buffer.append(contentsOf: head)
      for number in [
        link.entry, link.number, link.other, link.amount, link.balance, link.gross, link.hold, link.time,
      ] {
        withUnsafeBytes(of: number.bigEndian) { buffer.append(contentsOf: $0) }
      }
      withUnsafeBytes(of: Int32(type.utf8.count).bigEndian) { buffer.append(contentsOf: $0) }
      buffer.append(contentsOf: type.utf8)
      buffer.append(contentsOf: job.utf8)
      let expected = Digest.sha256(of: buffer)
      if problem == nil {
        if link.number != number &+ 1 {
          problem = (link.entry, "it is number \(link.number) after \(number)")
        } else if link.balance != balance &+ link.amount {
          problem = (link.entry, "the balance \(link.balance) does not follow from \(balance)")
        } else if hash != expected {
          problem = (link.entry, "it is not what its hash says")
        }
      }
      number = link.number
      balance = link.balance
      if link.amount > 0 { gross &+= link.gross }
      head = hash
    }
  }

  private var states: [Int64: State] = [:]
  private(set) var findings: [LedgerProof.Finding] = []
  private var buffer: [UInt8] = []

  /// An account's chain begins with its kind.
  mutating func begin(_ account: Int64, kind: String) {
    states[account, default: State()].head = Digest.sha256(of: Array(kind.utf8))
  }

  /// An entry as both of its accounts see it.
  mutating func follow(_ row: Row) throws(PostgresError) {
    let (entry, debit, credit, amount) = (try row.int(0), try row.int(1), try row.int(5), try row.int(9))
    let (type, job) = (try row.text(10), try row.text(11))
    let (time, gross, hold) = (try row.int(12), try row.int(13), try row.int(14))
    let giver = Link(
      entry: entry, number: try row.int(2), other: credit, amount: 0 &- amount, balance: try row.int(3),
      gross: gross,
      hold: hold, time: time)
    states[debit, default: State()].follow(giver, type, job, says: try row.bytes(4), &buffer)
    let taker = Link(
      entry: entry, number: try row.int(6), other: debit, amount: amount, balance: try row.int(7),
      gross: gross,
      hold: hold, time: time)
    states[credit, default: State()].follow(taker, type, job, says: try row.bytes(8), &buffer)
  }

  /// Whoever has entries and was not closed does not exist.
  mutating func closeRest() {
    for account in states.keys.sorted() {
      findings.append(
        LedgerProof.Finding(entry: nil, account: "account \(account)", problem: "it is not there"))
    }
  }

  mutating func close(
    _ account: Int64, name: String, balance: Int64, count: Int64, head: [UInt8], held: Int64, reserved: Int64,
    gross: Int64
  ) {
    let state = states.removeValue(forKey: account) ?? State()
    var problem = state.problem
    if problem == nil {
      if state.number != count {
        problem = (nil, "it counts \(count) entries, and \(state.number) are there")
      } else if state.head != head {
        problem = (nil, "its newest hash is another one")
      } else if state.balance != balance {
        problem = (nil, "its balance is \(balance), and its entries come to \(state.balance)")
      } else if state.gross != gross {
        problem = (nil, "its lifetime gross is \(gross), and its entries come to \(state.gross)")
      } else if held != reserved {
        problem = (nil, "it holds \(held) back, and its open holds come to \(reserved)")
      }
    }
    if let problem {
      findings.append(LedgerProof.Finding(entry: problem.entry, account: name, problem: problem.text))
    }
  }
}
