/// Finds the operation of a path and method.
package struct RouteTable: Sendable {
  package enum Match: Sendable {
    /// With the decoded values of the path's parameters, in order.
    case operation(Operation, [String])
    /// The path exists, for these methods in upper case.
    case otherMethods([String])
    case none
  }

  private struct Place: Sendable {
    var fixed: [Substring: Int] = [:]
    var open: Int?
    var operations: [APIRoute.Method: Operation] = [:]
  }

  private var places = [Place()]
  private static let longestPath = 16

  package init(_ routes: [APIRoute]) {
    for route in routes {
      var place = 0
      for part in route.path.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
        place = part.hasPrefix("{") ? open(at: place) : fixed(part, at: place)
      }
      precondition(places[place].operations[route.method] == nil, "\(route.name) has the path of another")
      places[place].operations[route.method] = Operation(route)
    }
  }

  /// - Parameters:
  ///   - method: In upper case.
  ///   - path: Without the query.
  package func match(_ method: String, _ path: Substring) -> Match {
    guard path.utf8.first == UInt8(ascii: "/") else { return .none }
    var place = 0
    var values: [String] = []
    let parts = path.dropFirst().split(
      separator: "/", maxSplits: RouteTable.longestPath, omittingEmptySubsequences: false)
    for part in parts {
      if let next = places[place].fixed[part] {
        place = next
      } else if let next = places[place].open, !part.isEmpty, let value = PercentText.decode(part) {
        values.append(value)
        place = next
      } else {
        return .none
      }
    }
    let operations = places[place].operations
    guard !operations.isEmpty else { return .none }
    if let known = APIRoute.Method(rawValue: method.lowercased()), let operation = operations[known] {
      return .operation(operation, values)
    }
    return .otherMethods(operations.keys.map { $0.rawValue.uppercased() }.sorted())
  }

  private mutating func fixed(_ part: Substring, at place: Int) -> Int {
    if let next = places[place].fixed[part] { return next }
    places.append(Place())
    places[place].fixed[part] = places.count - 1
    return places.count - 1
  }

  private mutating func open(at place: Int) -> Int {
    if let next = places[place].open { return next }
    places.append(Place())
    places[place].open = places.count - 1
    return places.count - 1
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
