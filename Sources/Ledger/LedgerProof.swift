internal import Model
package import Postgres

/// Recomputes every hash chain and compares it with the stored one: detects entries that were changed,
/// removed, inserted, moved or truncated.
package struct LedgerProof: Sendable {
  package struct Finding: Hashable, Sendable, CustomStringConvertible {
    /// Nil for a finding about the account's own row.
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

  /// Verifies one snapshot of the ledger. Reads page by page, so memory grows with the number of accounts
  /// only.
  package func verify() async throws(PostgresError) -> Report {
    try await pool.transaction(TransactionOptions(isolation: .repeatableRead, isReadOnly: true)) {
      transaction throws(PostgresError) in
      try await LedgerProof.verify(in: transaction)
    }
  }

  private static func verify(in transaction: PostgresTransaction) async throws(PostgresError) -> Report {
    var chains = Chains()
    for row in try await transaction.query("SELECT id, kind FROM accounts") {
      chains.begin(try row.int("id"), kind: try row.text("kind"))
    }
    var report = Report()
    var rows = try await entries(after: .min, in: transaction)?.get()
    while let page = rows {
      let last = try page.last?.int("id")
      // The server reads the next page while this one is computed.
      async let following = entries(after: page.count < pageSize ? nil : last, in: transaction)
      for row in page { try chains.follow(row) }
      report.entries += page.count
      rows = try await following?.get()
    }
    for row in try await transaction.query(LedgerSQL.proofAccounts) {
      try chains.close(row)
      report.accounts += 1
    }
    chains.closeRest()
    let erasures = try await erasures(in: transaction)
    report.erasures = erasures.count
    report.findings = chains.findings + erasures.findings
    for row in try await transaction.query(LedgerSQL.proofHolds) {
      let (hold, captured, paid) =
        (try row.int("id"), try row.int("captured_micro"), try row.int("paid_micro"))
      report.findings.append(
        Finding(
          entry: nil, account: try row.text("account"),
          problem: "hold \(hold) records a payment of \(captured), but the sum of its entries is \(paid)"))
    }
    for row in try await transaction.query(rules) {
      let problem = "version \(try row.int("version")) does not match its hash"
      report.findings.append(Finding(entry: nil, account: "rules", problem: problem))
    }
    return report
  }

  /// - Parameter last: Nil after the last page.
  private static func entries(after last: Int64?, in transaction: PostgresTransaction) async
    -> Result<Rows, PostgresError>?
  {
    guard let last else { return nil }
    do throws(PostgresError) {
      return .success(
        try await transaction.query(LedgerSQL.proofEntries, [.int(last), .int(Int64(pageSize))]))
    } catch {
      return .failure(error)
    }
  }

  private static let rules = """
    SELECT r.version FROM (
      SELECT *, lag(hash) OVER (ORDER BY version) AS previous
      FROM ledger_rules
    ) r WHERE r.hash <> \(LedgerRules.hashExpression(of: "r", after: "r.previous")) ORDER BY r.version
    """
}

/// An entry as one of its two accounts sees it.
private struct Link {
  let entry: Int64
  let number: Int64
  let other: Int64
  /// Negative for the account that pays.
  let amount: Int64
  let balance: Int64
  let gross: Int64
  /// 0 for none.
  let hold: Int64
  /// Microseconds since 1970.
  let time: Int64
}

/// The recomputed chains of all accounts.
private struct Chains {
  private struct State {
    var number: Int64 = 0
    var balance: Int64 = 0
    var gross: Int64 = 0
    var head: [UInt8] = []
    var problem: (entry: Int64?, text: String)?

    mutating func follow(
      _ link: Link, _ type: String, _ job: String, hash: [UInt8], _ buffer: inout [UInt8]
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
          problem = (link.entry, "it does not match its hash")
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

  /// Starts the chain of an account, which begins with its kind.
  mutating func begin(_ account: Int64, kind: String) {
    states[account, default: State()].head = Digest.sha256(of: Array(kind.utf8))
  }

  /// Appends an entry to the chains of both of its accounts.
  /// - Parameter row: A row of `LedgerSQL.proofEntries`.
  mutating func follow(_ row: Row) throws(PostgresError) {
    let (entry, amount) = (try row.int("id"), try row.int("amount_micro"))
    let (debit, credit) = (try row.int("debit_account"), try row.int("credit_account"))
    let (type, job) = (try row.text("type"), try row.text("job"))
    let (gross, hold) = (try row.int("gross_micro"), try row.int("hold"))
    let time = try row.int("recorded_microseconds")
    let payer = Link(
      entry: entry, number: try row.int("debit_number"), other: credit, amount: 0 &- amount,
      balance: try row.int("debit_balance_micro"), gross: gross, hold: hold, time: time)
    states[debit, default: State()].follow(payer, type, job, hash: try row.bytes("debit_hash"), &buffer)
    let payee = Link(
      entry: entry, number: try row.int("credit_number"), other: debit, amount: amount,
      balance: try row.int("credit_balance_micro"), gross: gross, hold: hold, time: time)
    states[credit, default: State()].follow(payee, type, job, hash: try row.bytes("credit_hash"), &buffer)
  }

  /// Reports accounts that have entries but no row.
  mutating func closeRest() {
    for account in states.keys.sorted() {
      findings.append(
        LedgerProof.Finding(entry: nil, account: "account \(account)", problem: "the account is missing"))
    }
  }

  /// Compares an account with its chain.
  /// - Parameter row: A row of `LedgerSQL.proofAccounts`.
  mutating func close(_ row: Row) throws(PostgresError) {
    let name = try row.text("name")
    let (balance, count) = (try row.int("balance_micro"), try row.int("entries"))
    let (held, reserved) = (try row.int("held_micro"), try row.int("reserved_micro"))
    let (head, gross) = (try row.bytes("head"), try row.int("gross_micro"))
    let state = states.removeValue(forKey: try row.int("id")) ?? State()
    var problem = state.problem
    if problem == nil {
      if state.number != count {
        problem = (nil, "it records \(count) entries, but there are \(state.number)")
      } else if state.head != head {
        problem = (nil, "its hash is not that of its newest entry")
      } else if state.balance != balance {
        problem = (nil, "its balance is \(balance), but the sum of its entries is \(state.balance)")
      } else if state.gross != gross {
        problem = (nil, "its lifetime gross is \(gross), but the sum of its entries is \(state.gross)")
      } else if held != reserved {
        problem = (nil, "it records \(held) on hold, but the sum of its open holds is \(reserved)")
      }
    }
    if let problem {
      findings.append(LedgerProof.Finding(entry: problem.entry, account: name, problem: problem.text))
    }
  }
}
