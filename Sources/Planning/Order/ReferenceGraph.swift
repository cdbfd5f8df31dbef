package import Model

/// Which resource needs which, and the order that follows. A value; equal input gives equal answers.
///
/// Everything here costs time in proportion to resources plus references, but for the logarithm of a heap.
package struct ReferenceGraph: Sendable {
  /// Each once. The position in this list decides between resources that do not need each other.
  package let ids: [ResourceID]
  /// Positions of what each resource needs, ascending, each once, never itself.
  let needs: [[Int]]

  /// - `needs`: for each of `ids`, positions in `ids`; repetitions and self-references are dropped.
  package init(ids: [ResourceID], needs: [[Int]]) {
    precondition(ids.count == needs.count, "one list of needs for each id")
    self.ids = ids
    self.needs = needs.enumerated().map { position, targets in
      // Nearly all lists are short and tidy already.
      let isTidy = zip(targets, targets.dropFirst()).allSatisfy(<) && !targets.contains(position)
      return isTidy ? targets : Set(targets).subtracting([position]).sorted()
    }
  }

  /// The graph of a dictionary; what is only mentioned as a target is no resource of the graph and is left out.
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

  /// What `id` needs directly, in the order of `ids`. Looks through all resources; for one question, not for a loop.
  package func dependencies(of id: ResourceID) -> [ResourceID] {
    guard let position = ids.firstIndex(of: id) else { return [] }
    return needs[position].map { ids[$0] }
  }

  /// What needs `id`, directly or through others, in the order of `ids`. Looks through the whole graph.
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

  /// All resources, none before what it needs; ties go by position in `ids`. Cycles are broken as in `acyclic()`.
  package var order: [ResourceID] { acyclicAndSorted().order.map { ids[$0] } }

  /// Positions in the order of Kahn's algorithm with the lowest ready position first. What stands on a cycle, or
  /// needs something on one, is missing.
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
