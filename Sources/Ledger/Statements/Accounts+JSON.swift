package import Model

/// The JSON form in the API and of `credits balance -o json`, with amounts as exact decimal text.
extension LedgerStore.Account: JSONRepresentable {
  package var value: Value {
    .members([
      "account": .string(name), "kind": .string(kind.rawValue), "balance": .string(balance.description),
      "held": .string(held.description), "available": .string(available.description),
      "entries": .integer(entries),
    ])
  }

  package init?(_ value: Value) {
    guard let name = value.text(at: "account"),
      let kind = value.word(at: "kind", of: LedgerStore.AccountKind.self),
      let balance = value.credits(at: "balance"), let held = value.credits(at: "held"),
      let entries = value.integer(at: "entries")
    else { return nil }
    self.init(name: name, kind: kind, balance: balance, held: held, entries: entries)
  }
}

/// The JSON form in the API and of `credits holds -o json`.
extension LedgerStore.Hold: JSONRepresentable {
  package var value: Value {
    .members([
      "hold": .integer(id), "account": .string(account), "credits": .string(amount.description),
      "job": .string(job), "openedAt": .string(openedAt.description),
      "expiresAt": .string(expiresAt.description),
    ])
  }

  package init?(_ value: Value) {
    guard let id = value.integer(at: "hold"), let account = value.text(at: "account"),
      let amount = value.credits(at: "credits"), let job = value.text(at: "job"),
      let openedAt = value.time(at: "openedAt"), let expiresAt = value.time(at: "expiresAt")
    else { return nil }
    self.init(
      id: id, account: account, amount: amount, job: job, openedAt: openedAt, expiresAt: expiresAt)
  }
}

extension AccountStatement: JSONRepresentable {
  /// Reads what `value` writes.
  package init?(_ value: Value) {
    guard let account = value.text(at: "account"),
      let kind = value.word(at: "kind", of: LedgerStore.AccountKind.self),
      let from = value.time(at: "from"), let to = value.time(at: "to"),
      let opening = value.credits(at: "opening"), let held = value.credits(at: "held"),
      let lines = value.list(at: "lines")
    else { return nil }
    self.init(
      account: account, kind: kind, from: from, to: to, opening: opening,
      lines: lines.compactMap { Line($0) }, held: held)
  }
}

extension AccountStatement.Line {
  fileprivate init?(_ value: Value) {
    guard let entry = value.integer(at: "entry"), let at = value.time(at: "at"),
      let type = value.text(at: "type"), let other = value.text(at: "with"),
      let amount = value.credits(at: "amount"), let balance = value.credits(at: "balance")
    else { return nil }
    self.init(
      entry: entry, at: at, type: type, job: value.text(at: "job") ?? "", other: other, amount: amount,
      balance: balance)
  }
}
