internal import Manifests

/// The names that a manifest may give to databases and roles: valid and not reserved.
enum DatabaseNames {
  /// `rendertrust` holds the controller's own state.
  private static let reserved: Set<String> = ["rendertrust", "postgres", "template0", "template1"]

  /// Whether the database of this name is the server's own or holds the controller's state. It is never
  /// created, changed or dropped for a resource.
  static func isReserved(_ name: String) -> Bool { reserved.contains(name) }

  static func problem(database name: String) -> RuleProblem? {
    if isReserved(name) || name.hasPrefix("template") {
      return .init("must not be ‘\(name)’, which the server reserves", hint: "choose another name")
    }
    return problem(identifier: name)
  }

  static func problem(role name: String) -> RuleProblem? {
    if name == "postgres" || name == "public" || name == "none" || name.hasPrefix("pg_") {
      return .init("must not be ‘\(name)’, which PostgreSQL reserves", hint: "choose another name")
    }
    return problem(identifier: name)
  }

  /// At most 63 bytes: lowercase letters, digits, `_` and `-`, and a letter first.
  private static func problem(identifier name: String) -> RuleProblem? {
    let isFine =
      (1...63).contains(name.utf8.count)
      && name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 || $0 == 45 }
      && name.utf8.first.map { (97...122).contains($0) } == true
    return isFine
      ? nil
      : .init(
        "must begin with a letter and have lowercase letters, digits, `_` and `-` only",
        hint: "for example ledger")
  }
}
