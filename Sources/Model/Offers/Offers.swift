/// What resources offer to each other, so that kinds do not depend on each other's modules.
package struct Offers: Sendable, Equatable {
  package private(set) var compute: [ResourceID: ComputeOffer] = [:]
  package private(set) var databases: [ResourceID: DatabaseOffer] = [:]
  package private(set) var work: [ResourceID: WorkOffer] = [:]
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

package enum Offer: Sendable, Equatable {
  case compute(ComputeOffer)
  case database(DatabaseOffer)
  case work(WorkOffer)
  case adoption(Adoption)
}
