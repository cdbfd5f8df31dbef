import Postgres

/// The places that get no new attempts, as the table `scheduler_drains` has them.
struct DrainedPlaces: Sendable, Hashable {
  struct Place: Sendable, Hashable {
    let module: String
    /// Name of the node.
    let node: String
    /// Digest, 64 hexadecimal digits.
    let image: String
  }

  private var places: [String: Set<Place>] = [:]

  static let statement = Statement("SELECT module, node, image FROM scheduler_drains")
  /// Whether the database has the table, in the column `can_drain`.
  static let existence = Statement("SELECT to_regclass('scheduler_drains') IS NOT NULL AS can_drain")

  init() {}

  /// - Parameter rows: the result of `statement`.
  init(_ rows: Rows) throws(PostgresError) {
    for row in rows {
      let place = Place(
        module: try row.text("module"), node: try row.text("node"), image: try row.text("image"))
      places[place.module, default: []].insert(place)
    }
  }

  func contains(module: String, node: String, image: String) -> Bool {
    places[module]?.contains(Place(module: module, node: node, image: image)) ?? false
  }

  /// The nodes on which this module with this image drains, sorted.
  func nodes(of module: String, image: String) -> [String] {
    (places[module] ?? []).lazy.filter { $0.image == image }.map(\.node).sorted()
  }
}
