package import Model

/// The part of a payment that one account receives.
package struct LedgerLeg: Hashable, Sendable {
  package let account: String
  package let amount: Credits
  /// The purpose, such as `payout`; recorded in the entry and printed in statements.
  package let type: String
  /// The version of the rules by which the account and the platform share the amount; nil: the account
  /// receives all of it.
  package let rules: Int64?

  package init(to account: String, _ amount: Credits, for type: String, sharedBy rules: Int64? = nil) {
    self.account = account
    self.amount = amount
    self.type = type
    self.rules = rules
  }
}

/// One mutation, which is executed at most once: the key belongs to the account, and a repeated call returns
/// the outcome of the first.
package struct LedgerCall: Hashable, Sendable {
  package enum Operation: Hashable, Sendable {
    /// Reserves credits for a job until they are captured, voided or expired.
    case hold(Credits, job: String, lifetime: TimeSpan)
    /// Pays from a hold, in full or in part, and releases the rest.
    case capture(hold: Int64, [LedgerLeg])
    /// Releases all that a hold reserves.
    case void(hold: Int64)
    case transfer([LedgerLeg], job: String)
  }

  package let account: String
  package let key: String
  package let operation: Operation

  package init(_ operation: Operation, on account: String, key: String) {
    self.operation = operation
    self.account = account
    self.key = key
  }

  private static let maxLifetime = TimeSpan(seconds: 366 * 86_400)
  private static let maxNameBytes = 200

  /// Why the call is invalid whatever the balances are; nil if it is valid. Invalid calls are not sent.
  package var problem: LedgerError? {
    if let error = LedgerCall.problem(ofName: account, field: "account") { return error }
    if let error = LedgerCall.problem(ofName: key, field: "key") { return error }
    switch operation {
    case .hold(let amount, let job, let lifetime):
      if lifetime.milliseconds < 1000 || lifetime > LedgerCall.maxLifetime {
        return LedgerError(
          .invalidAmount, field: "lifetime", "the lifetime of a hold must be between a second and a year")
      }
      return LedgerCall.problem(of: amount, field: "amount") ?? LedgerCall.problem(ofName: job, field: "job")
    case .capture(_, let legs): return LedgerCall.problem(of: legs, from: account, mayShareWithSelf: true)
    case .void: return nil
    case .transfer(let legs, let job):
      if legs.isEmpty {
        return LedgerError(.invalidAmount, field: "legs", "a transfer needs at least one leg")
      }
      return LedgerCall.problem(ofName: job, field: "job", isRequired: false)
        ?? LedgerCall.problem(of: legs, from: account)
    }
  }

  private static func problem(
    of legs: [LedgerLeg], from account: String, mayShareWithSelf: Bool = false
  ) -> LedgerError? {
    var total: Int64 = 0
    for (index, leg) in legs.enumerated() {
      let field = "legs[\(index)]"
      if leg.account == account, leg.rules == nil || !mayShareWithSelf {
        return LedgerError(.selfTransfer, field: "\(field).account", "\(account) cannot pay itself")
      }
      if let error = problem(ofName: leg.account, field: "\(field).account")
        ?? problem(ofName: leg.type, field: "\(field).type")
        ?? problem(of: leg.amount, field: "\(field).amount")
      {
        return error
      }
      total += leg.amount.micro
      if let error = problem(of: Credits(micro: total), field: "legs") { return error }
    }
    return nil
  }

  private static func problem(of amount: Credits, field: String) -> LedgerError? {
    guard amount.micro <= 0 || amount > Credits.maxTransfer else { return nil }
    return LedgerError(
      .invalidAmount, field: field, "\(amount) credits are not above 0 and at most \(Credits.maxTransfer)")
  }

  private static func problem(ofName name: String, field: String, isRequired: Bool = true) -> LedgerError? {
    let isFit =
      name.utf8.count <= maxNameBytes && (!name.isEmpty || !isRequired)
      && name.firstControlCharacter == nil
    guard !isFit else { return nil }
    return LedgerError(
      .invalidName, field: field, "it must be 1 to \(maxNameBytes) bytes of text without control characters")
  }

  /// What the ledger stores of the key.
  var keyDigest: Digest { Digest(of: key) }

  /// The digest of the operation; a repetition must have the same.
  var digest: Digest {
    func text(_ legs: [LedgerLeg]) -> Value {
      .array(
        legs.map {
          .array([.string($0.account), .integer($0.amount.micro), .string($0.type), .integer($0.rules ?? 0)])
        })
    }
    let content: [Value] =
      switch operation {
      case .hold(let amount, let job, let lifetime):
        [.string("hold"), .integer(amount.micro), .string(job), .integer(lifetime.milliseconds)]
      case .capture(let hold, let legs): [.string("capture"), .integer(hold), text(legs)]
      case .void(let hold): [.string("void"), .integer(hold)]
      case .transfer(let legs, let job): [.string("transfer"), .string(job), text(legs)]
      }
    return Digest(of: .array(content))
  }
}

/// The result of a successful call.
package struct LedgerReceipt: Hashable, Sendable {
  /// The hold that was made, captured or voided.
  package let hold: Int64?
  /// For a new hold, the version of the rules in force, by which it pays.
  package let rules: Int64?
  /// What the account can spend after the whole batch: the balance less open holds.
  package let available: Credits
}

/// Why a call changed nothing.
package enum LedgerErrorCode: String, ProblemCode, CaseIterable {
  case insufficientCredit = "insufficient_credit"
  case unknownAccount = "unknown_account"
  /// A payee has no account; the payer has one.
  case unknownPayee = "unknown_payee"
  case unknownRules = "unknown_rules"
  case otherRules = "other_rules"
  case unknownHold = "unknown_hold"
  case holdClosed = "hold_closed"
  case holdExpired = "hold_expired"
  case exceedsHold = "exceeds_hold"
  case selfTransfer = "self_transfer"
  case invalidAmount = "invalid_amount"
  case invalidName = "invalid_name"
  /// Another call of the same account already used the key.
  case keyReused = "key_reused"

  package static let domain = "ledger"
}

/// Why a call changed nothing. The subject is a field of the call.
package typealias LedgerError = Problem<LedgerErrorCode>

extension LedgerError {
  package init(_ code: Code, field: String, _ message: String) {
    self.init(code, message, subject: field)
  }

  package var field: String { subject ?? "" }

  /// The error of a call that the database rejected.
  init(_ code: Code, of call: LedgerCall) {
    let (field, message) =
      switch code {
      case .insufficientCredit: ("amount", "\(call.account) does not have that many credits available")
      case .unknownAccount: ("account", "there is no such account")
      case .unknownPayee: ("legs", "a payee has no account")
      case .unknownRules: ("legs", "no rules of that version are recorded")
      case .otherRules: ("legs", "the hold was made under other rules and pays by those")
      case .unknownHold: ("hold", "\(call.account) has no such hold")
      case .holdClosed: ("hold", "it is already captured, voided or expired")
      case .holdExpired: ("hold", "it has expired")
      case .exceedsHold: ("legs", "their sum exceeds what the hold reserves")
      case .selfTransfer: ("legs", "\(call.account) cannot pay itself")
      case .invalidAmount: ("amount", "the amount cannot be moved")
      case .invalidName: ("key", "it is not a name")
      case .keyReused: ("key", "\(call.account) already used ‘\(call.key)’ for another call")
      }
    self.init(code, field: field, message)
  }
}
