internal import Manifests
package import Model
package import Planning

/// Plans from the current entries of a map to the declared ones: one step, because a map changes in one
/// transaction, and one for each former database.
package struct PriceMapPlanner: ResourcePlanner {
  package init() {}

  package func plan(
    _ desired: Resource<PriceMapSpec>?, _ observed: PriceMapObserved?, _ context: PlanContext
  ) throws(PlanError) -> PlanOutcome<PriceMapOperation> {
    let name = context.id.name
    let leaving = leave(observed, name, because: desired == nil ? "left the manifests" : "it moved")
    guard let desired else {
      // The prices go on under the new name.
      if context.reconcile.moves.move(from: context.id) != nil { return .upToDate }
      let steps = close(all: observed, of: name) + leaving
      return PlanOutcome(steps: steps)
    }
    if let conflict = observed?.environmentConflicts.first { return .waiting(on: conflict.request) }
    let rename = try rename(to: desired, observed, context)
    let wanted = desired.spec.entries
    let entries = ((observed?.entries ?? []) + (observed?.former ?? [])).sorted(by: <)
    if let (conflict, other) = conflict(of: desired, observed) {
      // Two maps that exchange prices would wait for each other forever unless each closes its own first.
      let kept = entries.filter { entry in wanted.contains { $0.priceID == entry.priceID } }
      let closing =
        kept.count < entries.count
        ? [update(name, from: entries, to: kept, because: "they left the map")] : []
      return closing.isEmpty && leaving.isEmpty
        ? .waiting(on: conflict, resources: [other]) : .steps(rename + closing + leaving)
    }
    if entries.isEmpty {
      let step = Step(
        .create, "record \(count(wanted.count)) of \(name)", because: "not there yet",
        operation: PriceMapOperation.write(entries: wanted, close: []))
      return .steps([step] + leaving)
    }
    let changes =
      wanted == entries ? [] : [update(name, from: entries, to: wanted, because: reason(desired, context))]
    return PlanOutcome(steps: rename + changes + leaving)
  }

  private func rename(
    to desired: Resource<PriceMapSpec>, _ observed: PriceMapObserved?, _ context: PlanContext
  ) throws(PlanError) -> [Step<PriceMapOperation>] {
    guard let former = context.movedFrom?.typed(as: PriceMapSpec.self) else { return [] }
    guard context.reconcile.isSameDatabase(desired.spec.database.id, as: former.spec.database.id) else {
      throw PlanError(
        "\(desired.id) cannot take over the prices of \(former.id), which are in \(former.spec.database)",
        hint: "rename the map first, then write `database: \(desired.spec.database)`")
    }
    guard let entries = observed?.former, !entries.isEmpty else { return [] }
    return [
      Step(
        .update, "rename \(count(entries.count)) of \(former.id.name) to \(desired.id.name)",
        because: "the resource has another name now", operation: .rename(from: former.id.name))
    ]
  }

  private func close(all observed: PriceMapObserved?, of name: String) -> [Step<PriceMapOperation>] {
    guard let observed, !observed.entries.isEmpty else { return [] }
    return [
      Step(
        .delete, "close \(count(observed.entries.count)) of \(name); their history is kept",
        because: "left the manifests", risk: .disruptive,
        operation: .write(entries: [], close: observed.entries.map(\.priceID)))
    ]
  }

  /// Steps that close the map's prices in former databases.
  private func leave(_ observed: PriceMapObserved?, _ name: String, because reason: String)
    -> [Step<PriceMapOperation>]
  {
    (observed?.leftBehind ?? [:]).sorted { $0.key < $1.key }.map { database, prices in
      Step(
        .delete, "close \(count(prices.count)) of \(name) in \(database); their history is kept",
        because: reason, risk: .disruptive, operation: .leave(database, close: prices))
    }
  }

  /// A conflict with another map: a Price ID may be current in one map only.
  private func conflict(of desired: Resource<PriceMapSpec>, _ observed: PriceMapObserved?) -> (
    text: String, other: ResourceID
  )? {
    guard let observed, let (price, map) = observed.heldElsewhere.min(by: { $0.key < $1.key }) else {
      return nil
    }
    let text =
      "\(price) belongs to PriceMap/\(map) and is also claimed by \(desired.id); remove it from one of them, "
      + "or, for a map with a new name, write the annotation `\(Move.annotation): PriceMap/\(map)`"
    return (text, ResourceID(kind: "PriceMap", name: map))
  }

  private func update(
    _ name: String, from old: [PriceEntry], to new: [PriceEntry], because reason: String
  ) -> Step<PriceMapOperation> {
    let before = Dictionary(uniqueKeysWithValues: old.map { ($0.priceID, $0) })
    let remaining = Set(new.map(\.priceID))
    let written = new.filter { before[$0.priceID] != $0 }
    let closed = old.map(\.priceID).filter { !remaining.contains($0) }
    let added = written.filter { before[$0.priceID] == nil }.count
    let parts = [
      (written.count - added, "change"), (added, "add"), (closed.count, "close"),
    ].filter { $0.0 > 0 }.map { "\($0.1) \(count($0.0))" }
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

  /// The change of a field that every row of the map repeats. Rows that were changed by hand may differ.
  private func header(_ path: String, _ old: [Value?], _ new: [Value?]) -> [FieldChange] {
    guard let to = new.first, let from = old.first(where: { $0 != to }) else { return [] }
    return [FieldChange(path, from: from, to: to)]
  }

  private func reason(_ desired: Resource<PriceMapSpec>, _ context: PlanContext) -> String {
    context.lastApplied?.digest == desired.digest
      ? "the recorded prices differ from the manifest, which did not change" : "the manifest changed"
  }

  private func count(_ prices: Int) -> String { prices == 1 ? "1 price" : "\(prices) prices" }
}
