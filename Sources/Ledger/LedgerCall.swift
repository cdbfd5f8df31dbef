package import Model

/// Who is given how much of what an account pays.
package struct LedgerLeg: Hashable, Sendable {
  package let account: String
  package let amount: Credits
  /// What it is for, such as `payout`; stands in the entry and in statements.
  package let type: String
  /// The version of the rules by which the amount is shared between the account and the platform; nil: the account gets
  /// all of it.
  package let rules: Int64?

  package init(to account: String, _ amount: Credits, for type: String, sharedBy rules: Int64? = nil) {
    self.account = account
    self.amount = amount
    self.type = type
    self.rules = rules
  }
}

/// One mutation, to be done at most once: the key belongs to the account, and a call that is repeated gets what the first
/// came to.
package struct LedgerCall: Hashable, Sendable {
  package enum Operation: Hashable, Sendable {
    /// Reserves credits for a job until they are captured or voided, or the time is over.
    case hold(Credits, job: String, lifetime: TimeSpan)
    /// Pays from a hold, the whole or a part; what is left of it is free again.
    case capture(hold: Int64, [LedgerLeg])
    /// Gives back all that a hold reserves.
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

  /// The greatest amount of one call: a billion credits.
  package static let greatestAmount = Credits(micro: 1_000_000_000_000_000)
  private static let longestHold = TimeSpan(seconds: 366 * 86_400)
  private static let longestName = 200

  /// What is wrong with it by itself, found before anything is sent.
  package var problem: LedgerError? {
    if let error = LedgerCall.problem(ofName: account, field: "account") { return error }
    if let error = LedgerCall.problem(ofName: key, field: "key") { return error }
    switch operation {
    case .hold(let amount, let job, let lifetime):
      if lifetime.milliseconds < 1000 || lifetime > LedgerCall.longestHold {
        return LedgerError(
          .invalidAmount, field: "lifetime", "a hold lasts a second at least and a year at most")
      }
      return LedgerCall.problem(of: amount, field: "amount") ?? LedgerCall.problem(ofName: job, field: "job")
    case .capture(_, let legs): return LedgerCall.problem(of: legs, from: account, mayShareWithSelf: true)
    case .void: return nil
    case .transfer(let legs, let job):
      if legs.isEmpty {
        return LedgerError(.invalidAmount, field: "legs", "a transfer gives somebody something")
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
        return LedgerError(.selfTransfer, field: "\(field).account", "\(account) cannot give to itself")
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
    guard amount.micro <= 0 || amount > greatestAmount else { return nil }
    return LedgerError(
      .invalidAmount, field: field,
      "\(amount) credits are not more than nothing and at most \(greatestAmount)")
  }

  private static func problem(ofName name: String, field: String, isRequired: Bool = true) -> LedgerError? {
    let isFit =
      name.utf8.count <= longestName && (!name.isEmpty || !isRequired)
      && !name.unicodeScalars.contains { $0.value < 32 }
    guard !isFit else { return nil }
    return LedgerError(
      .invalidName, field: field, "it is 1 to \(longestName) bytes of text without control characters")
  }

  /// What is kept of the key.
  var keyDigest: Digest { Digest(of: key) }

  /// What a repetition must have in common with the first call.
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

/// What a call came to.
package struct LedgerReceipt: Hashable, Sendable {
  /// Of a hold, and of what was done with one.
  package let hold: Int64?
  /// Of a hold: the version of the rules in force when it was made, by which it pays.
  package let rules: Int64?
  /// What the account may spend once the whole batch is done: balance less holds.
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
      case .insufficientCredit: ("amount", "\(call.account) has not that many credits free")
      case .unknownAccount: ("account", "there is no such account")
      case .unknownPayee: ("legs", "one of those who were to get something has no account")
      case .unknownRules: ("legs", "no rules of that version are recorded")
      case .otherRules: ("legs", "the hold was made under other rules, and pays by those")
      case .unknownHold: ("hold", "\(call.account) has no such hold")
      case .holdClosed: ("hold", "it was captured, voided or expired already")
      case .holdExpired: ("hold", "its time is over")
      case .exceedsHold: ("legs", "they come to more than the hold reserves")
      case .selfTransfer: ("legs", "\(call.account) cannot give to itself")
      case .invalidAmount: ("amount", "it is no amount that can be moved")
      case .invalidName: ("key", "it is no name")
      case .keyReused: ("key", "‘\(call.key)’ stands for another call of \(call.account) already")
      }
    self.init(code, field: field, message)
  }
}
