/// What resources offer to each other, so that kinds do not depend on each other's modules.
package struct Offers: Sendable, Equatable {
  package private(set) var compute: [ResourceID: ComputeOffer] = [:]
  package private(set) var databases: [ResourceID: DatabaseOffer] = [:]
  package private(set) var work: [ResourceID: WorkOffer] = [:]
  package private(set) var schedulers: [ResourceID: SchedulerOffer] = [:]
  /// Resources that offer something and are no longer desired: what runs on them can be found there, nothing
  /// new is placed.
  package var leaving: Set<ResourceID> = []
  /// The adopted container of each resource that adopts one.
  package private(set) var adoptions: [ResourceID: Adoption] = [:]

  package init() {}

  package mutating func add(_ offer: Offer, from id: ResourceID) {
    switch offer {
    case .compute(let offer): compute[id] = offer
    case .database(let offer): databases[id] = offer
    case .work(let offer): work[id] = offer
    case .scheduler(let offer): schedulers[id] = offer
    case .adoption(let adoption): adoptions[id] = adoption
    }
  }
}

extension Offers {
  /// The address of a database. Throws an error that names the missing manifest when the database is not
  /// declared.
  package func address(of database: ResourceID?) throws(BackendError) -> DatabaseAddress {
    if let database, let offer = databases[database] { return offer.address }
    throw BackendError(
      code: "database.undeclared", "\(database?.description ?? "a database") is not declared",
      hint: "add the Database to the manifests", retry: .afterChange)
  }
}

extension Offers {
  /// The offers with the former addresses of renamed databases; nil where no database gets another address.
  package func beforeRenames(_ moves: Moves) -> Offers? {
    var offers = self
    for move in moves.all where leaving.contains(move.from) {
      guard let former = databases[move.from], let new = databases[move.to], former != new else { continue }
      offers.add(.database(former), from: move.to)
    }
    return offers == self ? nil : offers
  }

  /// The name of a database of the private server that is dropped because its resource is no longer desired;
  /// nil for a database that stays.
  package func droppedDatabase(of id: ResourceID?) -> String? {
    guard let id, leaving.contains(id), case .embedded(let name)? = databases[id]?.address else { return nil }
    return name
  }
}

package enum Offer: Sendable, Equatable {
  case compute(ComputeOffer)
  case database(DatabaseOffer)
  case work(WorkOffer)
  case scheduler(SchedulerOffer)
  case adoption(Adoption)
}
