package import Model

extension ReferenceGraph {
  /// One cycle as a path that ends where it begins, such as `A, B, A`; nil when there is none. The same graph
  /// always returns the same cycle, beginning at its lowest position.
  package func cycle() -> [ResourceID]? {
    let sorted = self.sorted()
    guard sorted.count < ids.count else { return nil }
    var isLeft = [Bool](repeating: true, count: ids.count)
    for position in sorted { isLeft[position] = false }
    // Each remaining position needs a remaining position, so the walk returns to a visited one.
    var path: [Int] = []
    var indexInPath: [Int: Int] = [:]
    var next = isLeft.firstIndex(of: true)
    while let position = next, indexInPath[position] == nil {
      indexInPath[position] = path.count
      path.append(position)
      next = needs[position].first { isLeft[$0] }
    }
    guard let entry = next, let start = indexInPath[entry] else { return nil }
    let loop = Array(path[start...])
    guard let lowest = loop.indices.min(by: { loop[$0] < loop[$1] }) else { return nil }
    return (loop[lowest...] + loop[...lowest]).map { ids[$0] }
  }

  /// The graph without cycles: within a cycle, only needs of a lower position are kept. Needs outside of
  /// cycles are not changed.
  package func acyclic() -> ReferenceGraph { acyclicAndSorted().graph }

  /// The acyclic graph, and the positions of all its resources in order.
  func acyclicAndSorted() -> (graph: ReferenceGraph, order: [Int]) {
    let order = sorted()
    guard order.count < ids.count else { return (self, order) }
    let components = self.components
    let graph = ReferenceGraph(
      ids: ids,
      needs: needs.enumerated().map { position, targets in
        targets.filter { components[$0] != components[position] || $0 < position }
      })
    return (graph, graph.sorted())
  }

  /// The strongly connected component of each position. Tarjan's algorithm with an explicit stack, so that a
  /// long chain of references cannot overflow the thread's.
  private var components: [Int] {
    var component = [Int](repeating: -1, count: ids.count)
    var number = [Int](repeating: -1, count: ids.count)
    var lowest = number
    var trail: [Int] = []
    var calls: [(position: Int, next: Int)] = []
    var count = 0
    for root in ids.indices where number[root] < 0 {
      calls.append((root, 0))
      while let (position, next) = calls.last {
        if next == 0 {
          number[position] = count
          lowest[position] = count
          count += 1
          trail.append(position)
        }
        if next < needs[position].count {
          calls[calls.count - 1].next += 1
          let target = needs[position][next]
          if number[target] < 0 {
            calls.append((target, 0))
          } else if component[target] < 0 {
            lowest[position] = min(lowest[position], number[target])
          }
          continue
        }
        if lowest[position] == number[position] {
          while let member = trail.popLast() {
            component[member] = position
            if member == position { break }
          }
        }
        calls.removeLast()
        if let parent = calls.last?.position { lowest[parent] = min(lowest[parent], lowest[position]) }
      }
    }
    return component
  }
}
