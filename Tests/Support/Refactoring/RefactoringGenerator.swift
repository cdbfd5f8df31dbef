import Model
package import RandomSupport

/// Derives a second state from a valid one by one to three refactorings.
///
/// No resource takes part in two of them, so that the expectation of each is that of the manual. A change
/// that must be refused is the only one.
package struct RefactoringGenerator {
  /// Whether two services exchange host ports, or one takes the port of another that leaves. Needs an order
  /// of steps in which a port is released before it is taken.
  package static let exchangesPorts = true
  /// Whether two price maps exchange all of their prices. Each map first closes its own and then waits for a
  /// second apply.
  package static let exchangesPrices = false
  /// Whether a price map leaves a database that gets another name in the server. Its prices are not closed
  /// there.
  package static let leavesRenamedDatabases = false

  enum Operation: String, CaseIterable {
    case rename, swap, move, split, merge
    case refusedDatabaseName, refusedDatabase, refusedRename
    case renameEnvironment, copyEnvironment

    /// How often it is drawn.
    var weight: Int {
      switch self {
      case .rename: 9
      case .swap, .move, .split, .merge: 4
      case .refusedDatabaseName, .refusedDatabase, .refusedRename: 1
      case .renameEnvironment, .copyEnvironment: 2
      }
    }

    /// Whether it excludes other changes.
    var isAlone: Bool { self == .copyEnvironment || rawValue.hasPrefix("refused") }
  }

  var random: SeededRandom
  let limits: GeneratorLimits
  var result: Refactoring
  /// The resources that took part in a change.
  var touched: Set<ResourceID> = []

  private init(_ state: DeclaredState, _ limits: GeneratorLimits, _ random: SeededRandom) {
    self.random = random
    self.limits = limits
    result = Refactoring(of: state)
  }

  package static func refactoring(
    of state: DeclaredState, _ limits: GeneratorLimits, _ random: inout SeededRandom
  ) -> Refactoring {
    var generator = RefactoringGenerator(state, limits, random.fork())
    generator.run()
    return generator.result
  }

  private mutating func run() {
    let count = random.int(1...3)
    var attempts = 0
    while result.descriptions.count < count, attempts < 20 {
      attempts += 1
      let operation = drawnOperation()
      guard !operation.isAlone || result.descriptions.isEmpty else { continue }
      guard let description = apply(operation) else { continue }
      result.descriptions.append(description)
      if operation.isAlone { return }
    }
    // A state in which nothing else applies still has an environment.
    if result.descriptions.isEmpty, let description = apply(.renameEnvironment) {
      result.descriptions.append(description)
    }
  }

  private mutating func drawnOperation() -> Operation {
    let all = Operation.allCases.flatMap { Array(repeating: $0, count: $0.weight) }
    return random.pick(all) ?? .rename
  }

  /// Returns a description, or nil where the operation does not apply.
  private mutating func apply(_ operation: Operation) -> String? {
    switch operation {
    case .rename: rename()
    case .swap: swap()
    case .move: move()
    case .split: split()
    case .merge: merge()
    case .refusedDatabaseName: refuseDatabaseName()
    case .refusedDatabase: refuseDatabase()
    case .refusedRename: refuseRename()
    case .renameEnvironment: changeEnvironment(.rename(to: "\(result.after.environment)n"))
    case .copyEnvironment: changeEnvironment(.copy(to: "\(result.after.environment)c"))
    }
  }

  private mutating func changeEnvironment(_ change: Refactoring.EnvironmentChange) -> String? {
    guard result.environmentChange == nil else { return nil }
    result.environmentChange = change
    switch change {
    case .rename(let name): return "rename the environment to \(name)"
    case .copy(let name): return "copy the environment to \(name)"
    }
  }

  // MARK: Choice

  /// The resources of a kind that no change concerned, sorted by id.
  func untouched(_ kind: String? = nil) -> [DeclaredResource] {
    result.after.all.filter { resource in
      (kind.map { resource.id.kind == $0 } ?? (resource.id.kind != "Environment"))
        && !touched.contains(resource.id)
    }
  }

  /// Whether no change concerned a resource that is in this database.
  func hasUntouchedReferrers(_ id: ResourceID) -> Bool {
    result.after.referrers(of: id).allSatisfy { !touched.contains($0.id) }
  }

  /// Excludes a rename of the database that a price map leaves. Returns whether that is possible.
  mutating func keepDatabase(of map: DeclaredResource) -> Bool {
    guard !Self.leavesRenamedDatabases, map.id.kind == "PriceMap", let database = map.spec.of else {
      return true
    }
    guard !touched.contains(database) else { return false }
    touch([database])
    return true
  }

  /// A name that no resource has or had.
  mutating func newName(_ kind: String) -> String {
    let used = Set((result.before.all + result.after.all).filter { $0.id.kind == kind }.map(\.id.name))
    let names = ["alpha", "beta", "gamma", "delta", "omega", "sigma"].filter { !used.contains($0) }
    return random.pick(names) ?? "last"
  }

  /// A name that no database of the server has or had.
  mutating func newDatabaseName() -> String {
    let used = Set((result.before.all + result.after.all).map(\.databaseName))
    return random.pick(["db_red", "db_blue", "db_green", "db_grey"].filter { !used.contains($0) })
      ?? "db_last"
  }

  mutating func touch(_ ids: [ResourceID]) { touched.formUnion(ids) }
}
