internal import Model

/// Verifies that every reference names an existing resource, and that no resources wait for each other in a
/// cycle.
struct ReferenceCheck {
  private let resources: [AnyResource]
  private let positions: [ResourceID: Int]
  private(set) var diagnostics: [Diagnostic] = []

  /// - Parameter resources: Have unique ids.
  init(_ resources: [AnyResource]) {
    self.resources = resources
    var positions: [ResourceID: Int] = [:]
    if resources.indices.contains(where: { !resources[$0].references.isEmpty }) {
      positions.reserveCapacity(resources.count)
      for (index, resource) in resources.enumerated() { positions[resource.id] = index }
    }
    self.positions = positions
  }

  /// Reports references that name none of the resources and none of `others`, which exist but have errors.
  mutating func reportMissing(besides others: Set<ResourceID>) {
    var names: [String: [String]]?
    for index in resources.indices {
      for reference in resources[index].references {
        guard positions[reference.target] == nil, !others.contains(reference.target) else { continue }
        let known =
          names ?? Dictionary(grouping: resources.map(\.id), by: \.kind).mapValues { $0.map(\.name) }
        names = known
        let target = reference.target
        // The comparison with every name is expensive, and only this many diagnostics are shown.
        let isShown = diagnostics.count < 100
        diagnostics.append(
          Diagnostic(
            at: reference.location,
            "‘\(reference.path.lastField)’ refers to ‘\(target)’, which does not exist",
            hint: isShown ? hint(for: target, among: known) : nil))
      }
    }
  }

  private func hint(for target: ResourceID, among names: [String: [String]]) -> String {
    let same = names[target.kind] ?? []
    if let near = Suggestion.nearest(to: target.name, among: same) {
      return "did you mean `\(target.kind)/\(near)`?"
    }
    if same.isEmpty,
      let other = names.keys.sorted().first(where: { names[$0]?.contains(target.name) == true })
    {
      return "did you mean `\(other)/\(target.name)`?"
    }
    let shown = same.sorted().prefix(8).map { "`\(target.kind)/\($0)`" }.joined(separator: ", ")
    return same.isEmpty ? "no manifest of kind `\(target.kind)` was given" : "known: \(shown)"
  }

  /// Reports each cycle once, at the reference that closes it.
  mutating func reportCycles() {
    var state = [State](repeating: .unseen, count: resources.count)
    for start in resources.indices where state[start] == .unseen {
      var path = [Visit(resource: start)]
      state[start] = .open
      while let visit = path.last {
        let references = resources[visit.resource].references
        guard visit.next < references.count else {
          state[visit.resource] = .done
          path.removeLast()
          continue
        }
        path[path.count - 1].next += 1
        let reference = references[visit.next]
        guard let target = positions[reference.target] else { continue }
        switch state[target] {
        case .unseen:
          state[target] = .open
          path.append(Visit(resource: target))
        case .open: report(path.map(\.resource), closedBy: reference, at: target)
        case .done: break
        }
      }
    }
  }

  private struct Visit {
    let resource: Int
    var next = 0
  }

  private enum State { case unseen, open, done }

  private mutating func report(_ path: [Int], closedBy reference: Reference, at target: Int) {
    guard let start = path.firstIndex(of: target) else { return }
    let circle = path[start...] + [target]
    let shown = circle.map { resources[$0].id.description }
    let text =
      shown.count > 12
      ? (shown.prefix(6) + ["…"] + shown.suffix(5)).joined(separator: " → ") : shown.joined(separator: " → ")
    diagnostics.append(
      Diagnostic(
        at: reference.location ?? resources[path[path.count - 1]].location,
        "resources wait for each other: \(text)", hint: "remove one of these references"))
  }
}

extension String {
  /// The last part of a path such as `spec.nodes[0]`, with its index.
  fileprivate var lastField: Substring { split(separator: ".").last ?? self[...] }
}
