/// Which replica is to have which range. Pure: all who ask of the same table get the same answer.
///
/// Everybody gets the same number of ranges, give or take one, and as few as possible change hands: who joins is given
/// the highest ranges of those who have too many, and what the dead leave goes to those who have too few.
package enum RangeAssignment {
  /// - Parameters:
  ///   - holders: who holds each range; nil for free ones. Holders that are no replicas count as free.
  ///   - replicas: those alive, in the order of joining.
  /// - Returns: for each range its replica; nil where there is none.
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
    for (place, replica) in byNeed.map(\.element).enumerated() {
      quota[replica] = share + (place < rest ? 1 : 0)
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
