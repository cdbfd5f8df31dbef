/// A resource that goes on under another name: the new resource takes over what the old one holds.
package struct Move: Hashable, Sendable {
  /// Names the former `Kind/name` of a resource whose new name shares no thing with it. Without a meaning
  /// once the resource is applied.
  package static let annotation = "\(Model.labelPrefix)/moved-from"

  package let from: ResourceID
  package let to: ResourceID

  package init(from: ResourceID, to: ResourceID) {
    self.from = from
    self.to = to
  }
}

/// The renamed resources of one environment. Both ends of a move are of one kind.
package struct Moves: Hashable, Sendable {
  private let byNew: [ResourceID: Move]
  private let byOld: [ResourceID: Move]

  /// - Parameter moves: At most one for each old and each new resource.
  package init(_ moves: [Move] = []) {
    byNew = Dictionary(moves.map { ($0.to, $0) }, uniquingKeysWith: { first, _ in first })
    byOld = Dictionary(moves.map { ($0.from, $0) }, uniquingKeysWith: { first, _ in first })
  }

  package var isEmpty: Bool { byNew.isEmpty }
  /// Sorted by new id.
  package var all: [Move] { byNew.values.sorted { $0.to < $1.to } }
  /// The move of which this is the new resource.
  package func move(to id: ResourceID) -> Move? { byNew[id] }
  /// The move of which this is the former resource.
  package func move(from id: ResourceID) -> Move? { byOld[id] }
}
