internal import JobModel

/// The fleet as jobs of equal needs see it, apart from who is cordoned, offline or avoided. Kept from one selection to the
/// next; each change of a node is told to it.
struct NeedsView: Sendable {
  /// Without `avoided`.
  let needs: WorkNeeds
  /// The selection that asked last, counted by the index.
  var lastUse: UInt64
  /// Nodes by the standing filter that removes them, by `PlacementDecision.Filter.order`.
  private(set) var counts = [Int](repeating: 0, count: PlacementDecision.Filter.allCases.count)
  private(set) var passing = BitSet()
  /// Of those that pass, the ones that would pull the image first.
  private(set) var cold = BitSet()
  /// Without room at the moment; of those that do not pass it says nothing.
  private(set) var busy = BitSet()
  /// By place: the filter's order, or one of the two below.
  private var verdicts: [UInt8] = []
  private static let passes: UInt8 = 254
  private static let empty: UInt8 = 255

  init(_ needs: WorkNeeds, lastUse: UInt64) {
    self.needs = needs
    self.lastUse = lastUse
  }

  mutating func grow(to count: Int) {
    passing.grow(to: count)
    cold.grow(to: count)
    busy.grow(to: count)
    if verdicts.count < count {
      verdicts.append(contentsOf: repeatElement(NeedsView.empty, count: count - verdicts.count))
    }
  }

  mutating func judge(_ node: borrowing FleetNode, at place: Int) {
    let filter = needs.standingFilter(node)
    replaceVerdict(at: place, with: filter.map { UInt8($0.order) } ?? NeedsView.passes)
    passing.set(place, filter == nil)
    cold.set(place, filter == nil && !node.images.contains(needs.image))
    note(NodeCapacity(node), at: place)
  }

  mutating func note(_ room: NodeCapacity, at place: Int) {
    busy.set(place, !room.takes(cores: needs.cores, gpuMemory: needs.gpuMemory))
  }

  /// Nobody is at that place any more.
  mutating func clear(_ place: Int) {
    replaceVerdict(at: place, with: NeedsView.empty)
    passing.set(place, false)
    cold.set(place, false)
  }

  private mutating func replaceVerdict(at place: Int, with verdict: UInt8) {
    let old = verdicts[place]
    if old < NeedsView.passes { counts[Int(old)] -= 1 }
    if verdict < NeedsView.passes { counts[Int(verdict)] += 1 }
    verdicts[place] = verdict
  }
}

extension PlacementDecision.Filter {
  /// Its number in the order in which filters are asked, from 0.
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
    }
  }
}
