internal import Model

extension LoopState {
  /// Lets go of what is in flight for somebody who wants the environment for himself: at once what is only looked at, and
  /// with `givesUp` steps under way too.
  mutating func makeWay(for other: String, givesUp: Bool) {
    let passes = Dictionary(grouping: flights.keys, by: { flights[$0] ?? 0 }).sorted { $0.key < $1.key }
    for (number, scope) in passes {
      controls[number]?.makeWay(for: other, scope: Set(scope), givesUp: givesUp)
    }
  }
}
