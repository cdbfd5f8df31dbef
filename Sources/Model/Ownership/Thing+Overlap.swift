extension Thing {
  /// Whether the two cannot have two owners: they are equal, are one port on addresses that include each
  /// other, or are folders or prefixes of which one lies in the other.
  package func overlaps(_ other: Thing) -> Bool {
    switch (self, other) {
    case (.hostPort(let a, let one), .hostPort(let b, let two)): one == two && a.overlaps(b)
    case (.folder(let a), .folder(let b)): Thing.contain(a, b)
    case (.bucketPrefix(let one, let bucket, let a), .bucketPrefix(let two, let other, let b)):
      one == two && bucket == other && Thing.contain(a, b)
    default: self == other
    }
  }

  /// Whether one path lies in the other. Compares whole components, so that `/a/b` does not contain `/a/bc`.
  private static func contain(_ a: String, _ b: String) -> Bool {
    zip(a.pathComponents, b.pathComponents).allSatisfy(==)
  }

  /// Things of different groups never overlap.
  enum OverlapGroup: Hashable {
    case single(Thing)
    case port(Int, EngineAddress)
    case folders
    case bucket(endpoint: String, bucket: String)
  }

  var overlapGroup: OverlapGroup {
    switch self {
    case .hostPort(let port, let engine): .port(port.port, engine)
    case .folder: .folders
    case .bucketPrefix(let endpoint, let bucket, _): .bucket(endpoint: endpoint, bucket: bucket)
    default: .single(self)
    }
  }
}

/// Finds the things among many that overlap one.
package struct OverlapIndex<Element: Sendable>: Sendable {
  private var groups: [Thing.OverlapGroup: [(thing: Thing, element: Element)]] = [:]

  package init() {}

  package mutating func add(_ element: Element, for thing: Thing) {
    groups[thing.overlapGroup, default: []].append((thing, element))
  }

  /// In the order in which they were added.
  package func overlapping(_ thing: Thing) -> [Element] {
    (groups[thing.overlapGroup] ?? []).lazy.filter { $0.thing.overlaps(thing) }.map(\.element)
  }
}
