internal import Glibc
internal import Model

/// The position of a repository relative to the data folder of the server that it backs up. A repository must
/// be separate: inside, it would be backed up with the data and lost with it; around, the data folder would
/// be part of the repository.
package enum RepositoryPlace: Hashable, Sendable {
  case separate
  case insideDataFolder(repository: String, data: String)
  case aroundDataFolder(repository: String, data: String)

  /// - Parameters: absolute paths, which need not exist. Links in them are followed.
  package init(repository: String, data: String) {
    let (inner, outer) = (RepositoryPlace.components(repository), RepositoryPlace.components(data))
    if !zip(inner, outer).allSatisfy(==) {
      self = .separate
    } else if inner.count < outer.count {
      self = .aroundDataFolder(repository: repository, data: data)
    } else {
      self = .insideDataFolder(repository: repository, data: data)
    }
  }

  /// Whether a path below the state folder is inside or around the usual data folder, `postgres/data`.
  static func isUnsafe(relative path: String) -> Bool {
    zip(path.pathComponents, ["postgres", "data"]).allSatisfy(==)
  }

  /// Nil for a separate repository, otherwise the problem as the predicate of a sentence.
  var problem: String? {
    switch self {
    case .separate: nil
    case .insideDataFolder(let repository, let data):
      "its repository \(repository) lies in the data folder of the server, \(data)"
    case .aroundDataFolder(let repository, let data):
      "its repository \(repository) contains the data folder of the server, \(data)"
    }
  }

  /// The components after following the links of the part that exists.
  private static func components(_ path: String) -> [Substring] {
    var existing = path.pathComponents
    var rest: [Substring] = []
    while true {
      if let found = realpath("/" + existing.joined(separator: "/"), nil) {
        defer { free(found) }
        return String(cString: found).pathComponents + rest.reversed()
      }
      guard let last = existing.popLast() else { return rest.reversed() }
      rest.append(last)
    }
  }
}
