package import JobModel
package import Model

extension FleetIndex {
  /// Chooses the node of a job. Of the nodes that pass all filters, those are considered that no other node
  /// dominates (is better than in latency or earnings without being worse in the other). Of these the one
  /// with the least score is chosen (`Estimate.score`), then the first by name, byte by byte, then by id.
  /// Nothing is claimed.
  ///
  /// The same fleet, needs, weights and time give the same decision, in whatever order the nodes were added.
  /// - Parameters:
  ///   - weights: parts per million, with the sum 1,000,000.
  ///   - offlineAfter: the maximum age of the last heartbeat.
  package mutating func select(
    _ needs: WorkNeeds, weights: (latency: Int64, earnings: Int64), now: Timestamp, offlineAfter: TimeSpan
  ) -> PlacementDecision {
    let kept = feasibleIndex(for: needs)
    liveness.update(at: now, offlineAfter)
    earnings.settle()
    var counts = feasible[kept].counts
    let avoided = Set(needs.avoided.compactMap { indices[$0] })
    let passed = filter(kept, avoided, &counts) - removeDraining(needs, &counts)
    let frontCount = frontier.search(
      cold: feasible[kept].cold.words, latencies: latencies, earnings: earnings.shares)
    return PlacementDecision(
      nodes: count,
      removed: Dictionary(
        uniqueKeysWithValues: PlacementDecision.Filter.allCases.lazy.map { ($0, counts[$0.order]) }
          .filter { $0.1 > 0 }
      ),
      passed: passed, front: best(of: frontier.members, weights), frontCount: frontCount)
  }

  /// The same with the weights and times of the settings.
  package mutating func select(_ needs: WorkNeeds, _ settings: SchedulerSettings, now: Timestamp)
    -> PlacementDecision
  {
    select(
      needs, weights: (settings.latencyWeight, settings.earningsWeight), now: now,
      offlineAfter: settings.offlineAfter)
  }

  /// Applies the filters that change with jobs and heartbeats, 64 nodes at a time, and puts the nodes that
  /// pass into `frontier.passed`.
  /// - Returns: how many nodes pass.
  private mutating func filter(_ kept: Int, _ avoided: Set<Int>, _ counts: inout [Int]) -> Int {
    var (cordonedCount, offlineCount, busyCount, passedCount) = (0, 0, 0, 0)
    frontier.reserve(nodes.count)
    for word in feasible[kept].passing.words.indices {
      var left = feasible[kept].passing.words[word]
      if left == 0 {
        frontier.passed[word] = 0
        continue
      }
      cordonedCount += (left & cordoned.words[word]).nonzeroBitCount
      left &= ~cordoned.words[word]
      offlineCount += (left & ~liveness.online.words[word]).nonzeroBitCount
      left &= liveness.online.words[word]
      busyCount += (left & feasible[kept].busy.words[word]).nonzeroBitCount
      left &= ~feasible[kept].busy.words[word]
      passedCount += left.nonzeroBitCount
      frontier.passed[word] = left
    }
    for index in avoided
    where feasible[kept].passing.contains(index) && !cordoned.contains(index)
      && liveness.online.contains(index)
    {
      counts[PlacementDecision.Filter.avoided.order] += 1
      if feasible[kept].busy.contains(index) {
        busyCount -= 1
      } else {
        passedCount -= 1
        frontier.passed[index >> 6] &= ~(1 << UInt64(index & 63))
      }
    }
    counts[PlacementDecision.Filter.cordoned.order] = cordonedCount
    counts[PlacementDecision.Filter.offline.order] = offlineCount
    counts[PlacementDecision.Filter.busy.order] = busyCount
    return passedCount
  }

  /// Removes the nodes whose container of the module drains from `frontier.passed`.
  /// - Returns: how many it removes.
  private mutating func removeDraining(_ needs: WorkNeeds, _ counts: inout [Int]) -> Int {
    guard !needs.draining.isEmpty else { return 0 }
    var removed = 0
    for index in Set(needs.draining.compactMap { indices[$0] }) {
      let bit: UInt64 = 1 << UInt64(index & 63)
      guard frontier.passed[index >> 6] & bit != 0 else { continue }
      frontier.passed[index >> 6] &= ~bit
      removed += 1
    }
    counts[PlacementDecision.Filter.draining.order] = removed
    return removed
  }

  /// The first candidates by score and name, as many as a decision shows.
  private func best(
    of members: [ParetoFrontier.Point], _ weights: (latency: Int64, earnings: Int64)
  ) -> [PlacementDecision.Candidate] {
    var best: [(score: Int64, point: ParetoFrontier.Point)] = []
    best.reserveCapacity(PlacementDecision.shownLimit + 1)
    // The last of the candidates once there are enough; most members do not precede it.
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
        if score == last.score, last.name.precedes(nameKeys[Int(point.index)]) == true { continue }
      }
      let position = best.firstIndex { precedes((score, point), $0) } ?? best.count
      best.insert((score, point), at: position)
      if best.count > PlacementDecision.shownLimit { best.removeLast() }
      if best.count == PlacementDecision.shownLimit, let worst = best.last {
        last = (worst.score, nameKeys[Int(worst.point.index)])
      }
    }
    return best.map { score, point in
      let node = nodes[Int(point.index)]
      return PlacementDecision.Candidate(
        node: node.id, name: node.name, latency: Int64(point.latency), earnings: Int64(point.earnings),
        score: score)
    }
  }

  private func precedes(
    _ a: (score: Int64, point: ParetoFrontier.Point), _ b: (score: Int64, point: ParetoFrontier.Point)
  ) -> Bool {
    if a.score != b.score { return a.score < b.score }
    let (one, other) = (Int(a.point.index), Int(b.point.index))
    if let precedes = nameKeys[one].precedes(nameKeys[other]) { return precedes }
    if nodes[one].name == nodes[other].name { return nodes[one].id < nodes[other].id }
    return nodes[one].name.utf8.lexicographicallyPrecedes(nodes[other].name.utf8)
  }
}
