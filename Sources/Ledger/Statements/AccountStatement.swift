package import Model

/// The entries of an account in a span of time, in their order.
package struct AccountStatement: Hashable, Sendable {
  package struct Line: Hashable, Sendable {
    package let entry: Int64
    package let at: Timestamp
    /// The purpose: `purchase`, `grant`, `payout`, `share`, `commission`, `refund`.
    package let type: String
    package let job: String
    /// The other account.
    package let other: String
    /// Negative for a payment from the account.
    package let amount: Credits
    /// The balance after the entry.
    package let balance: Credits
  }

  package let account: String
  package let kind: LedgerStore.AccountKind
  package let from: Timestamp
  /// The end of the span, exclusive.
  package let to: Timestamp
  package let opening: Credits
  package let lines: [Line]
  /// What open holds reserve now.
  package let held: Credits

  package var closing: Credits { lines.last?.balance ?? opening }

  /// The sums of amounts by type, sorted by type.
  package var totals: [(type: String, lines: Int, amount: Credits)] {
    var totals: [String: (Int, Int64)] = [:]
    for line in lines {
      let sum = totals[line.type] ?? (0, 0)
      totals[line.type] = (sum.0 + 1, sum.1 + line.amount.micro)
    }
    return totals.sorted { $0.key < $1.key }.map { ($0.key, $0.value.0, Credits(micro: $0.value.1)) }
  }

  /// The JSON form, with amounts as exact decimal text.
  package var value: Value {
    .members([
      "account": .string(account), "kind": .string(kind.rawValue), "from": .string(from.description),
      "to": .string(to.description), "opening": .string(opening.description),
      "closing": .string(closing.description), "held": .string(held.description),
      "lines": .array(
        lines.map { line in
          .members([
            "entry": .integer(line.entry), "at": .string(line.at.description), "type": .string(line.type),
            "job": line.job.isEmpty ? nil : .string(line.job), "with": .string(line.other),
            "amount": .string(line.amount.description), "balance": .string(line.balance.description),
          ])
        }),
      "totals": .array(
        totals.map { total in
          .members([
            "type": .string(total.type), "lines": .integer(Int64(total.lines)),
            "amount": .string(total.amount.description),
          ])
        }),
    ])
  }
}
