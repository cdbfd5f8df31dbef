package import Model

/// What is recorded about the owners of things and about their data, for all environments of a state.
package struct Ownership: Sendable {
  package var holdings: Holdings
  /// The environment in the names and marks of things, by the environment's present name. An environment that
  /// never applied anything has none.
  package var marks: [String: String]
  /// The data that resources held when they were last observed in order, by environment.
  package var identities: [String: [ResourceID: DataIdentity]]

  package init(
    holdings: Holdings = Holdings(), marks: [String: String] = [:],
    identities: [String: [ResourceID: DataIdentity]] = [:]
  ) {
    self.holdings = holdings
    self.marks = marks
    self.identities = identities
  }

  /// The mark that an environment has or would get: its name, unless a renamed environment still uses that.
  package func mark(of environment: String) -> String {
    if let mark = marks[environment] { return mark }
    let used = Set(marks.values)
    guard used.contains(environment) else { return environment }
    var number = 2
    while used.contains("\(environment)-\(number)") { number += 1 }
    return "\(environment)-\(number)"
  }
}

extension ReconcileContext {
  /// The records that the context was created from, as far as they concern its environment.
  var ownership: Ownership {
    Ownership(
      holdings: holdings, marks: [environment: environmentMark], identities: [environment: identities])
  }
}
