/// Finds the operation of a path and method.
package struct RouteTable: Sendable {
  package enum Match: Sendable {
    /// With the decoded values of the path's parameters, in order.
    case operation(Operation, [String])
    /// The path exists, for these methods in upper case.
    case otherMethods([String])
    case none
  }

  private struct Node: Sendable {
    var fixed: [Substring: Int] = [:]
    var wildcard: Int?
    var operations: [APIRoute.Method: Operation] = [:]
  }

  private var nodes = [Node()]
  private static let maxParts = 16

  package init(_ routes: [APIRoute]) {
    for route in routes {
      var node = 0
      for part in route.path.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
        node = part.hasPrefix("{") ? wildcard(at: node) : fixed(part, at: node)
      }
      precondition(nodes[node].operations[route.method] == nil, "\(route.name) has the path of another")
      nodes[node].operations[route.method] = Operation(route)
    }
  }

  /// - Parameters:
  ///   - method: In upper case.
  ///   - path: Without the query.
  package func match(_ method: String, _ path: Substring) -> Match {
    guard path.utf8.first == UInt8(ascii: "/") else { return .none }
    var node = 0
    var values: [String] = []
    let parts = path.dropFirst().split(
      separator: "/", maxSplits: RouteTable.maxParts, omittingEmptySubsequences: false)
    for part in parts {
      if let next = nodes[node].fixed[part] {
        node = next
      } else if let next = nodes[node].wildcard, !part.isEmpty, let value = PercentText.decode(part) {
        values.append(value)
        node = next
      } else {
        return .none
      }
    }
    let operations = nodes[node].operations
    guard !operations.isEmpty else { return .none }
    if let known = APIRoute.Method(rawValue: method.lowercased()), let operation = operations[known] {
      return .operation(operation, values)
    }
    return .otherMethods(operations.keys.map { $0.rawValue.uppercased() }.sorted())
  }

  private mutating func fixed(_ part: Substring, at node: Int) -> Int {
    if let next = nodes[node].fixed[part] { return next }
    nodes.append(Node())
    nodes[node].fixed[part] = nodes.count - 1
    return nodes.count - 1
  }

  private mutating func wildcard(at node: Int) -> Int {
    if let next = nodes[node].wildcard { return next }
    nodes.append(Node())
    nodes[node].wildcard = nodes.count - 1
    return nodes.count - 1
  }
}

/// A route with its compiled parameter checks.
package struct Operation: Sendable {
  package let route: APIRoute
  let pathNames: [String]
  let checks: [ParameterCheck]

  init(_ route: APIRoute) {
    self.route = route
    pathNames = route.path.split(separator: "/").filter { $0.hasPrefix("{") }.map {
      String($0.dropFirst().dropLast())
    }
    checks = route.parameters.map(ParameterCheck.init)
  }

  func allows(_ principal: APIPrincipal) -> Bool {
    principal.role == .admin || route.roles.contains(principal.role)
  }
}
