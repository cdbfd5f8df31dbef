import Model

/// A resource that takes something waits while the resource that has it is not worked on.
enum StillHeld {
  /// Repeats until nothing changes: a resource that waits keeps its own things as well.
  static func apply(to decisions: inout [PlanDecision]) {
    let taking = decisions.indices.filter { decisions[$0].isActing && !decisions[$0].takesFrom.isEmpty }
    guard !taking.isEmpty else { return }
    let positions = Dictionary(
      uniqueKeysWithValues: decisions.enumerated().map { ($1.subject.id, $0) })
    var changes = true
    while changes {
      changes = false
      for index in taking where decisions[index].isActing {
        let holders = decisions[index].takesFrom.sorted().filter { id in
          positions[id].map { decisions[$0].keepsThings } ?? false
        }
        guard !holders.isEmpty else { continue }
        let names = holders.map(\.description).joined(separator: ", ")
        decisions[index].outcome = .waiting
        decisions[index].waitingOn = "\(names), which still has what \(decisions[index].subject.id) takes"
        decisions[index].waitsFor = holders
        changes = true
      }
    }
  }
}
