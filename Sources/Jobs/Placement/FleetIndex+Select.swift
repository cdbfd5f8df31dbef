package import JobModel
package import Model

extension FleetIndex {
  /// Where a job goes. Of the nodes that pass all filters those are looked at that no other beats in both latency and
  /// earnings (being no worse in one and better in the other); of these the one with the least score is chosen
  /// (`Estimate.score`), then the first by name, byte by byte, and by id. Nothing is claimed.
  ///
  /// The same fleet, needs, weights and time give the same decision, in whatever order the nodes came.
  /// - Parameters:
  ///   - weights: parts per million that come to 1,000,000.
  ///   - offlineAfter: how old the last heartbeat may be.
  package mutating func select(
    _ needs: WorkNeeds, weights: (latency: Int64, earnings: Int64), now: Timestamp, offlineAfter: TimeSpan
  ) -> PlacementDecision {
    let view = view(of: needs)
    presence.look(at: now, offlineAfter)
    earnings.settle()
    var counts = views[view].counts
    let avoided = Set(needs.avoided.compactMap { places[$0] })
    let passed = filter(view, avoided, &counts)
    let frontCount = front.search(
      cold: views[view].cold.words, latencies: latencies, earnings: earnings.shares)
    return PlacementDecision(
      nodes: count,
      removed: Dictionary(
        uniqueKeysWithValues: PlacementDecision.Filter.allCases.lazy.map { ($0, counts[$0.order]) }.filter {
          $0.1 > 0
        }
      ),
      passed: passed, front: first(of: front.members, weights), frontCount: frontCount)
  }

  /// Applies the filters that change with every job and heartbeat, 64 nodes at a time, and leaves those that pass in
  /// `front.passed`.
  private mutating func filter(_ view: Int, _ avoided: Set<Int>, _ counts: inout [Int]) -> Int {
    var (cordonedCount, offlineCount, busyCount, passedCount) = (0, 0, 0, 0)
    front.reserve(nodes.count)
    for word in views[view].passing.words.indices {
      var left = views[view].passing.words[word]
      if left == 0 {
        front.passed[word] = 0
        continue
      }
      cordonedCount += (left & cordoned.words[word]).nonzeroBitCount
      left &= ~cordoned.words[word]
      offlineCount += (left & ~presence.online.words[word]).nonzeroBitCount
      left &= presence.online.words[word]
      busyCount += (left & views[view].busy.words[word]).nonzeroBitCount
      left &= ~views[view].busy.words[word]
      passedCount += left.nonzeroBitCount
      front.passed[word] = left
    }
    for place in avoided
    where views[view].passing.contains(place) && !cordoned.contains(place) && presence.online.contains(place)
    {
      counts[PlacementDecision.Filter.avoided.order] += 1
      if views[view].busy.contains(place) {
        busyCount -= 1
      } else {
        passedCount -= 1
        front.passed[place >> 6] &= ~(1 << UInt64(place & 63))
      }
    }
    counts[PlacementDecision.Filter.cordoned.order] = cordonedCount
    counts[PlacementDecision.Filter.offline.order] = offlineCount
    counts[PlacementDecision.Filter.busy.order] = busyCount
    return passedCount
  }

  /// The first candidates by score and name, as many as a decision shows.
  private func first(
    of members: [ParetoFrontier.Point], _ weights: (latency: Int64, earnings: Int64)
  ) -> [PlacementDecision.Candidate] {
    var best: [(score: Int64, point: ParetoFrontier.Point)] = []
    best.reserveCapacity(PlacementDecision.shown + 1)
    // Of those that are shown so far, once they are enough: most members are turned away by it.
    var last: (score: Int64, name: NameKey)?
    var (lastFigures, lastScore) = (UInt64.max, Int64.max)
    for point in members {
      if point.figures != lastFigures {
        lastFigures = point.figures
        lastScore = Estimate.score(
          latency: Int64(point.latency), earnings: Int64(point.earnings), weights: weights)
      }
      let score = lastScore
      if let last {
        if score > last.score { continue }
        if score == last.score, last.name.precedes(nameKeys[Int(point.place)]) == true { continue }
      }
      let index = best.firstIndex { precedes((score, point), $0) } ?? best.count
      best.insert((score, point), at: index)
      if best.count > PlacementDecision.shown { best.removeLast() }
      if best.count == PlacementDecision.shown, let worst = best.last {
        last = (worst.score, nameKeys[Int(worst.point.place)])
      }
    }
    return best.map { score, point in
      let node = nodes[Int(point.place)]
      return PlacementDecision.Candidate(
        node: node.id, name: node.name, latency: Int64(point.latency), earnings: Int64(point.earnings),
        score: score)
    }
  }

  private func precedes(
    _ a: (score: Int64, point: ParetoFrontier.Point), _ b: (score: Int64, point: ParetoFrontier.Point)
  ) -> Bool {
    if a.score != b.score { return a.score < b.score }
    let (one, other) = (Int(a.point.place), Int(b.point.place))
    if let precedes = nameKeys[one].precedes(nameKeys[other]) { return precedes }
    if nodes[one].name == nodes[other].name { return nodes[one].id < nodes[other].id }
    return nodes[one].name.utf8.lexicographicallyPrecedes(nodes[other].name.utf8)
  }
}
