/// Assigns ranges to replicas. Pure: every replica computes the same assignment from the same table.
///
/// Each replica is assigned the same number of ranges, give or take one, and as few ranges as possible change
/// hands: a joining replica is assigned the last ranges of those with too many, and the ranges of dead
/// replicas go to those with too few.
package enum RangeAssignment {
  /// - Parameters:
  ///   - holders: The holder of each range; nil for free ones. Holders that are not in `replicas` count as
  ///     free.
  ///   - replicas: The live replicas in the order of joining.
  /// - Returns: The replica of each range; nil without replicas.
  package static func assign(_ holders: [String?], to replicas: [String]) -> [String?] {
    guard !replicas.isEmpty else { return holders.map { _ in nil } }
    var held: [String: Int] = [:]
    for case let holder? in holders { held[holder, default: 0] += 1 }
    let (share, rest) = holders.count.quotientAndRemainder(dividingBy: replicas.count)
    let byNeed = replicas.enumerated().sorted { a, b in
      let (first, second) = (held[a.element] ?? 0, held[b.element] ?? 0)
      return first == second ? a.offset < b.offset : first > second
    }
    var quota: [String: Int] = [:]
    for (index, replica) in byNeed.map(\.element).enumerated() {
      quota[replica] = share + (index < rest ? 1 : 0)
    }
    var assigned: [String?] = holders.map { holder in
      guard let holder, let left = quota[holder], left > 0 else { return nil }
      quota[holder] = left - 1
      return holder
    }
    for range in assigned.indices where assigned[range] == nil {
      guard let next = replicas.first(where: { quota[$0, default: 0] > 0 }) else { break }
      quota[next, default: 0] -= 1
      assigned[range] = next
    }
    return assigned
  }
}
