/// The owner of a thing, as its mark in the outside system names it.
package struct Owner: Hashable, Sendable, CustomStringConvertible {
  /// The controller's identity; never contains a space.
  package let controller: String
  /// Nil in marks of programs before 0.5.0.
  package let environment: String?
  package let resource: ResourceID

  package init(controller: String, environment: String?, resource: ResourceID) {
    self.controller = controller
    self.environment = environment
    self.resource = resource
  }

  /// `CONTROLLER ENVIRONMENT Kind/name`, or `CONTROLLER Kind/name` without an environment.
  package var text: String {
    [controller, environment, resource.description].compactMap(\.self).joined(separator: " ")
  }

  /// Reads a `text`; nil for every other text.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: " ", omittingEmptySubsequences: false).map { String($0) }
    guard (2...3).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }),
      let resource = ResourceID(parts[parts.count - 1])
    else { return nil }
    self.init(
      controller: parts[0], environment: parts.count == 3 ? parts[1] : nil, resource: resource)
  }

  /// For people: `controller 9c08ac9a, environment prod, Service/web`.
  package var description: String {
    "controller \(controller), " + (environment.map { "environment \($0), " } ?? "") + "\(resource)"
  }
}
