import Model
import RandomSupport

// New names of resources.

extension RefactoringGenerator {
  mutating func rename() -> String? {
    guard let resource = random.pick(untouched()) else { return nil }
    let kind = resource.id.kind
    // Without the former name, a database with the name of its resource is another database.
    let mustName = kind == "Database" && !resource.isFoundByItsThings
    // A service with volumes does not go on where only its ports show up again: both would hold the port.
    let takesPort = kind == "Service" && !resource.spec.volumes.isEmpty && !resource.spec.ports.isEmpty
    let mayName = resource.isMovable
    let name = newName(kind)
    let keeps = mustName || (mayName && (takesPort && !Self.exchangesPorts || random.percent(50)))
    let id = ResourceID(kind: kind, name: name)
    guard keeps || keepDatabase(of: resource) else { return nil }
    touch([resource.id, id])
    if !keeps, !resource.isFoundByItsThings { lose(resource) }
    result.after.rename(resource.id, to: name, keepsFormerName: keeps)
    // The former name allows a new name in the server at the same time.
    if keeps, kind == "Database", random.percent(25) {
      let other = random.percent(50) ? nil : newDatabaseName()
      result.after[id]?.spec.database = other
    }
    if kind == "Node" {
      result.mayAsk.formUnion([.lastNode, .statefulReplace])
    }
    return "rename \(resource.id) to \(name)" + (keeps ? ", which names its former name" : "")
  }

  /// A resource that is not found under its new name is removed and created. Called before the rename.
  private mutating func lose(_ resource: DeclaredResource) {
    result.mayAsk.insert(.prune)
    for part in resource.data.keys.sorted() {
      if resource.id.kind == "Service" {
        result.after.leave(part, of: resource.id)
      } else {
        result.after.forget(part, of: resource.id)
      }
    }
  }

  /// A database that has the name of its resource, under a new name that does not name the former one.
  mutating func refuseRename() -> String? {
    guard let database = random.pick(untouched("Database").filter { $0.spec.database == nil }) else {
      return nil
    }
    let name = newName("Database")
    result.after.rename(database.id, to: name, keepsFormerName: false)
    result.mayAsk.insert(.prune)
    result.refusal = Refusal(.renameWithoutFormerName, [database.id])
    return "rename \(database.id) to \(name) without its former name"
  }

  /// Another name of a database under the same resource.
  mutating func refuseDatabaseName() -> String? {
    guard let database = random.pick(untouched("Database")) else { return nil }
    let name = newDatabaseName()
    result.after[database.id]?.spec.database = name
    result.refusal = Refusal(.databaseDeclaresAnotherName, [database.id])
    return "declare \(database.id) as database \(name)"
  }

  /// A ledger or a scheduler in another database.
  mutating func refuseDatabase() -> String? {
    guard let kind = random.pick(["Ledger", "Scheduler"]), let resource = random.pick(untouched(kind)),
      let other = random.pick(untouched("Database").map(\.id).filter { $0 != resource.spec.of })
    else { return nil }
    let reason = kind == "Ledger" ? Refusal.Reason.ledgerInAnotherDatabase : .schedulerInAnotherDatabase
    let occupant = untouched(kind).first { $0.spec.of == other }
    result.after[resource.id]?.spec.of = other
    if let occupant { result.after[occupant.id]?.spec.of = resource.spec.of }
    result.refusal = Refusal(reason, [resource.id] + (occupant.map { [$0.id] } ?? []))
    return "\(occupant == nil ? "move" : "swap") \(resource.id) to \(other)"
  }
}
