import JobModel
import Ledger
import Model
import Postgres

/// Pays for the work of preempted attempts.
///
/// The creator pays once, for the attempt that succeeds. What a preempted attempt did is paid to the owner of
/// its node and to the developer of its module by the rules of the job's hold, from the platform's account.
enum PreemptedPay {
  /// An attempt whose work is to be paid.
  struct Work {
    let attempt: AttemptID
    let hold: Int64
    let usage: LedgerRules.Usage
    /// What the creator would have paid for the work.
    let price: Credits
    /// Names of accounts; empty: the platform receives the part.
    let nodeOwner: String
    let developer: String
  }

  /// The call that pays; nil where the platform would receive everything.
  /// - Parameter accounts: whether an account of the name exists; the platform receives what others cannot.
  static func call(for work: Work, by rules: LedgerRules, accounts: (String) -> Bool) -> LedgerCall? {
    let platform = rules.platform
    let legs = rules.legs(
      of: work.price, usage: work.usage, payer: platform, node: work.nodeOwner, developer: work.developer
    ).filter { $0.account != platform && accounts($0.account) }
    guard !legs.isEmpty else { return nil }
    return LedgerCall(
      .transfer(legs, job: work.attempt.job.text), on: platform, key: "usage/\(work.attempt)/preempted")
  }
}

extension JobRepository {
  /// The result of one round.
  struct PreemptedPayment: Sendable {
    var paid = 0
    /// Why the ledger refused to pay, by attempt.
    var refused: [String: LedgerErrorCode] = [:]
  }

  /// Pays for preempted attempts and records the outcome of each. Several processes may pay at once; each
  /// attempt is paid by one of them.
  func payPreempted(limit: Int) async throws(PostgresError) -> PreemptedPayment {
    try await pool.transaction { transaction throws(PostgresError) in
      var work: [PreemptedPay.Work] = []
      for row in try await transaction.query(JobStoreSQL.unpaidPreempted, [.int(Int64(limit))]) {
        if let item = try PreemptedPay.Work(row) { work.append(item) }
      }
      guard !work.isEmpty else { return PreemptedPayment() }
      let rules = try await LedgerStore.rules(ofHolds: work.map(\.hold), in: transaction)
      let missing = try await JobRepository.missingAccounts(of: work, transaction)
      var (calls, payable): ([LedgerCall], [AttemptID]) = ([], [])
      // Nil: paid.
      var outcomes: [AttemptID: LedgerErrorCode?] = [:]
      for item in work {
        guard let rules = rules[item.hold] else {
          outcomes[item.attempt] = .some(.unknownRules)
          continue
        }
        if let call = PreemptedPay.call(for: item, by: rules, accounts: { !missing.contains($0) }) {
          calls.append(call)
          payable.append(item.attempt)
        } else {
          outcomes[item.attempt] = .some(nil)
        }
      }
      for (attempt, result) in zip(payable, try await LedgerStore.execute(calls, in: transaction)) {
        switch result {
        case .success: outcomes[attempt] = .some(nil)
        case .failure(let error): outcomes[attempt] = .some(error.code)
        }
      }
      try await transaction.pipeline([JobRepository.recordPay(outcomes)])
      return PreemptedPayment(outcomes)
    }
  }

  private static func missingAccounts(
    of work: [PreemptedPay.Work], _ transaction: PostgresTransaction
  ) async throws(PostgresError) -> Set<String> {
    let names = Set(work.flatMap { [$0.nodeOwner, $0.developer] }).sorted()
    var missing: Set<String> = []
    for row in try await transaction.pipeline([AccountDirectory.missing(names)])[0] {
      missing.insert(try row.text("name"))
    }
    return missing
  }

  private static func recordPay(_ outcomes: [AttemptID: LedgerErrorCode?]) -> Statement {
    let attempts = outcomes.keys.sorted { $0.job < $1.job }
    return Statement(
      """
      UPDATE job_attempts w SET pay_outcome = u.outcome
      FROM unnest($1::text[], $2::int[], $3::text[]) u (job, number, outcome)
      WHERE w.job = u.job AND w.number = u.number
      """,
      [
        .textArray(attempts.map(\.job.text)), .intArray(attempts.map { Int64($0.number) }),
        .textArray(attempts.map { attempt in outcomes[attempt].flatMap { $0 }?.rawValue ?? "done" }),
      ])
  }
}

extension JobRepository.PreemptedPayment {
  fileprivate init(_ outcomes: [AttemptID: LedgerErrorCode?]) {
    for (attempt, code) in outcomes {
      if let code { refused[attempt.description] = code } else { paid += 1 }
    }
  }
}

extension PreemptedPay.Work {
  /// Reads a row of `JobStoreSQL.unpaidPreempted`.
  fileprivate init?(_ row: Row) throws(PostgresError) {
    guard let attempt = try AttemptID(row) else { return nil }
    self.init(
      attempt: attempt, hold: try row.int("hold"),
      usage: LedgerRules.Usage(gpu: try row.int("gpu_ms"), cpu: try row.int("cpu_ms")),
      price: Credits(micro: try row.int("pay_micro")), nodeOwner: try row.text("node_owner"),
      developer: try row.text("developer"))
  }
}
