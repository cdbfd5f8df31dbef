/// The container that has a name.
package struct NameHolder: Hashable, Sendable {
  package let id: String
  package let labels: [String: String]

  package init(id: String, labels: [String: String]) {
    self.id = id
    self.labels = labels
  }
}
