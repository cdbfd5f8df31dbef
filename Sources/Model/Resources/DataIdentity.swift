/// Which data an object of an outside system holds. The controller records it with the resource, so that an
/// empty object in place of a lost one is not mistaken for the former one.
package struct DataIdentity: Hashable, Sendable {
  /// Chosen at random when the object was created. Objects with equal ids hold the same data, or an earlier
  /// or later state of it.
  package let id: String
  /// The newest record, in a form that only the kind reads; nil while the object has no records.
  package let head: String?

  package init(id: String, head: String?) {
    self.id = id
    self.head = head
  }
}

extension [ResourceID: DataIdentity] {
  /// The identities after resources were renamed: each new resource has that of its former one.
  package func moved(_ moves: [Move]) -> [ResourceID: DataIdentity] {
    var moved = self
    for move in moves { moved[move.from] = nil }
    for move in moves { moved[move.to] = self[move.from] ?? moved[move.to] }
    return moved
  }
}
