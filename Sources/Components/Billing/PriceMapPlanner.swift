package import Model
package import Planning

/// From the current entries of a map to the declared ones: at most one step, because a map changes in one transaction.
package struct PriceMapPlanner: ResourcePlanner {
  package init() {}

  package func plan(
    _ desired: Resource<PriceMapSpec>?, _ observed: PriceMapObserved?, _ context: PlanContext
  ) throws(PlanError) -> PlanOutcome<PriceMapOperation> {
    let name = context.id.name
    guard let desired else { return close(all: observed, of: name) }
    if let conflict = conflict(of: desired, observed) { return .waiting(on: conflict) }
    let wanted = desired.spec.entries
    guard let observed, !observed.entries.isEmpty else {
      let step = Step(
        .create, "record \(count(wanted)) of \(name)", because: "not there yet",
        operation: PriceMapOperation.write(entries: wanted, close: []))
      return .steps([step])
    }
    guard wanted != observed.entries else { return .upToDate }
    return .steps([update(name, from: observed.entries, to: wanted, because: reason(desired, context))])
  }

  private func close(all observed: PriceMapObserved?, of name: String) -> PlanOutcome<PriceMapOperation> {
    guard let observed, !observed.entries.isEmpty else { return .upToDate }
    let step = Step(
      .delete, "close \(count(observed.entries)) of \(name); their history is kept",
      because: "left the manifests", risk: .disruptive,
      operation: PriceMapOperation.write(entries: [], close: observed.entries.map(\.priceID)))
    return .steps([step])
  }

  /// A Price ID gives credits once, so it may be current in one map only.
  private func conflict(of desired: Resource<PriceMapSpec>, _ observed: PriceMapObserved?) -> String? {
    guard let observed, let (price, map) = observed.heldElsewhere.min(by: { $0.key < $1.key }) else {
      return nil
    }
    return "\(price) belongs to PriceMap/\(map) and is claimed by \(desired.id) too; "
      + "remove it from one of them"
  }

  private func update(
    _ name: String, from old: [PriceEntry], to new: [PriceEntry], because reason: String
  ) -> Step<PriceMapOperation> {
    let olds = Dictionary(uniqueKeysWithValues: old.map { ($0.priceID, $0) })
    let news = Dictionary(uniqueKeysWithValues: new.map { ($0.priceID, $0) })
    let written = new.filter { olds[$0.priceID] != $0 }
    let closed = old.map(\.priceID).filter { news[$0] == nil }
    let added = written.filter { olds[$0.priceID] == nil }.count
    let parts = [
      (written.count - added, "change"), (added, "add"), (closed.count, "close"),
    ].filter { $0.0 > 0 }.map { "\($0.1) \($0.0 == 1 ? "1 price" : "\($0.0) prices")" }
    return Step(
      .update, "\(parts.joined(separator: ", ")) of \(name)", because: reason,
      risk: closed.isEmpty ? .safe : .disruptive, fields: fields(from: old, to: new),
      operation: .write(entries: written, close: closed))
  }

  private func fields(from old: [PriceEntry], to new: [PriceEntry]) -> [FieldChange] {
    let before = Dictionary(uniqueKeysWithValues: old.map { ($0.priceID, PriceMapSpec.value(of: $0)) })
    let after = Dictionary(uniqueKeysWithValues: new.map { ($0.priceID, PriceMapSpec.value(of: $0)) })
    let prices = Set(before.keys).union(after.keys).sorted().flatMap { price in
      FieldChange.between(
        before[price] ?? .object([]), after[price] ?? .object([]), at: "prices.\(price)")
    }
    return header("currency", old.map { .string($0.currency) }, new.map { .string($0.currency) })
      + header(
        "effective", old.map { $0.effective.map { .string($0.description) } },
        new.map { $0.effective.map { .string($0.description) } })
      + prices
  }

  /// A field of the whole map that every row repeats; rows changed by hand may disagree with each other.
  private func header(_ path: String, _ old: [Value?], _ new: [Value?]) -> [FieldChange] {
    guard let to = new.first, let from = old.first(where: { $0 != to }) else { return [] }
    return [FieldChange(path, from: from, to: to)]
  }

  private func reason(_ desired: Resource<PriceMapSpec>, _ context: PlanContext) -> String {
    context.lastApplied?.digest == desired.digest
      ? "the recorded prices differ from the manifest though it did not change" : "the manifest changed"
  }

  private func count(_ entries: [PriceEntry]) -> String {
    entries.count == 1 ? "1 price" : "\(entries.count) prices"
  }
}
