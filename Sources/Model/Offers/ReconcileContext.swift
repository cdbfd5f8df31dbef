/// What planners and backends may know beyond their own resource. Made once per pass, the same for all.
package struct ReconcileContext: Sendable {
  package let environment: String
  /// Marks what this controller owns in the outside world; stable for the life of its state folder.
  package let owner: String
  package let now: Timestamp
  /// Whether nodes may pretend to have a GPU (seeds: dev sandbox).
  package let allowsMockGPUs: Bool
  /// What the desired resources offer to each other, from their specs alone.
  package let offers: Offers

  package init(environment: String, owner: String, now: Timestamp, allowsMockGPUs: Bool, offers: Offers) {
    self.environment = environment
    self.owner = owner
    self.now = now
    self.allowsMockGPUs = allowsMockGPUs
    self.offers = offers
  }
}

/// What resources offer to others, so that components need not know each other.
package struct Offers: Sendable, Equatable {
  package private(set) var compute: [ResourceID: ComputeOffer] = [:]
  package private(set) var databases: [ResourceID: DatabaseOffer] = [:]
  package private(set) var work: [ResourceID: WorkOffer] = [:]
  /// Those who offer something and are no longer desired: what is on them can be found there, nothing new
  /// comes.
  package var leaving: Set<ResourceID> = []
  /// Containers that are taken, by the resource that adopts them.
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
  /// Where a database is; an error that says what to do where nobody declares it.
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

/// A machine that can run containers. Offered by `Node`.
package struct ComputeOffer: Sendable, Hashable {
  /// Nil behind a relay: jobs find their way there, the controller does not.
  package let engine: EngineAddress?
  package let labels: [String: String]
  package let cores: Int
  package let memory: ByteCount
  /// Memory of one GPU; nil for a machine without.
  package let gpuMemory: ByteCount?
  package let gpuCount: Int
  /// Whether the GPU is only declared, for development: nothing may be asked of it.
  package let hasMockGPU: Bool
  /// False when cordoned: what runs stays, nothing new comes.
  package let isSchedulable: Bool
  /// Whose account its earnings belong to, without `account/`.
  package let owner: String
  /// Jobs at once.
  package let slots: Int
  /// Whether its engine runs without root.
  package let isRootless: Bool
  /// Takes only jobs that failed elsewhere.
  package let isOverflow: Bool

  /// - Parameter slots: nil: as many as cores.
  package init(
    engine: EngineAddress?, labels: [String: String], cores: Int, memory: ByteCount, gpuMemory: ByteCount?,
    gpuCount: Int, hasMockGPU: Bool = false, isSchedulable: Bool, owner: String = "", slots: Int? = nil,
    isRootless: Bool = false, isOverflow: Bool = false
  ) {
    self.engine = engine
    self.labels = labels
    self.cores = cores
    self.memory = memory
    self.gpuMemory = gpuMemory
    self.gpuCount = gpuCount
    self.hasMockGPU = hasMockGPU
    self.isSchedulable = isSchedulable
    self.owner = owner
    self.slots = slots ?? cores
    self.isRootless = isRootless
    self.isOverflow = isOverflow
  }
}

/// A PostgreSQL database. Offered by `Database`.
package struct DatabaseOffer: Sendable, Equatable {
  package let address: DatabaseAddress
  package init(address: DatabaseAddress) { self.address = address }
}

package enum DatabaseAddress: Hashable, Sendable, Codable {
  /// A database of this name in the controller's private server.
  case embedded(database: String)
  /// A libpq URL, kept as a secret because it may hold a password.
  case external(url: SecretReference)
}

/// Where a Docker engine listens.
package enum EngineAddress: Hashable, Sendable, Codable, CustomStringConvertible {
  /// The engine of `DOCKER_HOST`, or `/var/run/docker.sock`.
  case local
  case unix(path: String)
  case tcp(host: String, port: Int)

  package var description: String {
    switch self {
    case .local: "the local engine"
    case .unix(let path): "unix://\(path)"
    case .tcp(let host, let port): "tcp://\(host):\(port)"
    }
  }
}
