internal import JobModel

/// The nodes that jobs of equal needs may run on, apart from those that are cordoned, offline or avoided.
/// Kept from one selection to the next and updated with each change of a node.
struct FeasibleNodes: Sendable {
  /// Without `avoided` and `draining`.
  let needs: WorkNeeds
  /// The number of the selection that used it last.
  var lastUse: UInt64
  /// How many nodes each static filter removes, by `PlacementDecision.Filter.order`.
  private(set) var counts = [Int](repeating: 0, count: PlacementDecision.Filter.allCases.count)
  /// Nodes that pass the static filters.
  private(set) var passing = BitSet()
  /// Of the passing nodes, those that must pull the image first.
  private(set) var cold = BitSet()
  /// Nodes without enough free capacity; has no meaning for nodes that do not pass.
  private(set) var busy = BitSet()
  /// By index: the order of the filter that removes the node, or one of the two constants below.
  private var filters: [UInt8] = []
  private static let none: UInt8 = 254
  private static let unused: UInt8 = 255

  init(_ needs: WorkNeeds, lastUse: UInt64) {
    self.needs = needs
    self.lastUse = lastUse
  }

  mutating func grow(to count: Int) {
    passing.grow(to: count)
    cold.grow(to: count)
    busy.grow(to: count)
    if filters.count < count {
      filters.append(contentsOf: repeatElement(FeasibleNodes.unused, count: count - filters.count))
    }
  }

  /// Applies the static filters again.
  mutating func update(_ node: borrowing FleetNode, at index: Int) {
    let filter = needs.staticFilter(node)
    replaceFilter(at: index, with: filter.map { UInt8($0.order) } ?? FeasibleNodes.none)
    passing.set(index, filter == nil)
    cold.set(index, filter == nil && !node.images.contains(needs.image))
    update(FreeCapacity(node), at: index)
  }

  mutating func update(_ capacity: FreeCapacity, at index: Int) {
    busy.set(index, !capacity.fits(cores: needs.cores, gpuMemory: needs.gpuMemory))
  }

  /// The node at the index was removed.
  mutating func remove(_ index: Int) {
    replaceFilter(at: index, with: FeasibleNodes.unused)
    passing.set(index, false)
    cold.set(index, false)
  }

  private mutating func replaceFilter(at index: Int, with filter: UInt8) {
    let old = filters[index]
    if old < FeasibleNodes.none { counts[Int(old)] -= 1 }
    if filter < FeasibleNodes.none { counts[Int(filter)] += 1 }
    filters[index] = filter
  }
}

extension PlacementDecision.Filter {
  /// Its position in the order in which filters apply, from 0.
  var order: Int {
    switch self {
    case .pool: 0
    case .jobType: 1
    case .nodes: 2
    case .labels: 3
    case .sandbox: 4
    case .memory: 5
    case .gpuMemory: 6
    case .cores: 7
    case .image: 8
    case .cordoned: 9
    case .offline: 10
    case .avoided: 11
    case .busy: 12
    case .draining: 13
    }
  }
}
