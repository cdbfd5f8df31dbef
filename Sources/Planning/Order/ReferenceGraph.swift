package import Model

/// The dependencies between resources, and the order that follows. A value: equal input gives equal results.
///
/// Every operation takes time linear in resources plus references, times the logarithm of a heap.
package struct ReferenceGraph: Sendable {
  /// Without duplicates. The position in this list breaks ties between independent resources.
  package let ids: [ResourceID]
  /// The positions that each resource needs, ascending, without duplicates and without itself.
  let needs: [[Int]]

  /// - Parameter needs: For each of `ids`, positions in `ids`. Duplicates and self-references are dropped.
  package init(ids: [ResourceID], needs: [[Int]]) {
    precondition(ids.count == needs.count, "one list of needs for each id")
    self.ids = ids
    self.needs = needs.enumerated().map { position, targets in
      // Most lists are short and sorted already.
      let isTidy = zip(targets, targets.dropFirst()).allSatisfy(<) && !targets.contains(position)
      return isTidy ? targets : Set(targets).subtracting([position]).sorted()
    }
  }

  /// The graph of a dictionary. Targets that are not keys are left out.
  package init(_ needs: [ResourceID: [ResourceID]]) {
    let ids = needs.keys.sorted()
    let positions = Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, $0) })
    self.init(ids: ids, needs: ids.map { id in (needs[id] ?? []).compactMap { positions[$0] } })
  }

  /// The graph of the references in these resources.
  package init(_ resources: some Sequence<AnyResource>) {
    self.init(
      Dictionary(
        resources.map { ($0.id, $0.references.map(\.target)) }, uniquingKeysWith: { first, _ in first }))
  }

  /// The direct dependencies of `id` in the order of `ids`. Searches all resources, so it must not be called
  /// in a loop.
  package func dependencies(of id: ResourceID) -> [ResourceID] {
    guard let position = ids.firstIndex(of: id) else { return [] }
    return needs[position].map { ids[$0] }
  }

  /// The direct and indirect dependents of `id` in the order of `ids`. Walks the whole graph.
  package func dependents(of id: ResourceID) -> [ResourceID] {
    guard let start = ids.firstIndex(of: id) else { return [] }
    let neededBy = self.neededBy
    var isFound = [Bool](repeating: false, count: ids.count)
    isFound[start] = true
    var open = [start]
    while let position = open.popLast() {
      for dependent in neededBy[position] where !isFound[dependent] {
        isFound[dependent] = true
        open.append(dependent)
      }
    }
    return ids.indices.filter { isFound[$0] && $0 != start }.map { ids[$0] }
  }

  /// Whether one position needs another, directly or indirectly.
  func leads(from start: Int, to end: Int) -> Bool {
    var seen: Set<Int> = [start]
    var open = [start]
    while let position = open.popLast() {
      for target in needs[position] where seen.insert(target).inserted {
        if target == end { return true }
        open.append(target)
      }
    }
    return false
  }

  /// All resources, each after what it needs. Ties are broken by position in `ids`, cycles as in `acyclic()`.
  package var order: [ResourceID] { acyclicAndSorted().order.map { ids[$0] } }

  /// Positions by Kahn's algorithm, the lowest ready position first. Resources on a cycle, and those that
  /// need one, are missing.
  func sorted() -> [Int] {
    let neededBy = self.neededBy
    var missing = needs.map(\.count)
    var ready = LowestFirst()
    for position in ids.indices where missing[position] == 0 { ready.insert(position) }
    var result: [Int] = []
    result.reserveCapacity(ids.count)
    while let position = ready.removeLowest() {
      result.append(position)
      for dependent in neededBy[position] {
        missing[dependent] -= 1
        if missing[dependent] == 0 { ready.insert(dependent) }
      }
    }
    return result
  }

  private var neededBy: [[Int]] {
    var result = [[Int]](repeating: [], count: ids.count)
    for (position, targets) in needs.enumerated() {
      for target in targets { result[target].append(position) }
    }
    return result
  }
}

/// A binary heap of positions.
private struct LowestFirst {
  private var heap: [Int] = []

  mutating func insert(_ position: Int) {
    heap.append(position)
    var child = heap.count - 1
    while child > 0, heap[child] < heap[(child - 1) / 2] {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func removeLowest() -> Int? {
    guard let lowest = heap.first, let last = heap.popLast() else { return nil }
    guard !heap.isEmpty else { return lowest }
    heap[0] = last
    var parent = 0
    while true {
      let left = parent * 2 + 1
      guard left < heap.count else { return lowest }
      let right = left + 1
      let child = right < heap.count && heap[right] < heap[left] ? right : left
      guard heap[child] < heap[parent] else { return lowest }
      heap.swapAt(child, parent)
      parent = child
    }
  }
}
