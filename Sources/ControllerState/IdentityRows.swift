internal import Model
internal import Postgres
internal import Reconciling

/// The table `data_identities` as values, and back.
enum IdentityRows {
  static let all = "SELECT environment, resource, id, head FROM data_identities"

  /// The identities by environment.
  /// - Parameter rows: Rows of `all`.
  static func identities(_ rows: Rows) throws(StoreError) -> [String: [ResourceID: DataIdentity]] {
    var identities: [String: [ResourceID: DataIdentity]] = [:]
    do throws(PostgresError) {
      for row in rows {
        let name = try row.text("resource")
        guard let id = ResourceID(name) else {
          throw PostgresError(.unexpectedValue, "data of ‘\(name)’, which this version cannot read")
        }
        identities[try row.text("environment"), default: [:]][id] = DataIdentity(
          id: try row.text("id"), head: try row.optionalText("head"))
      }
    } catch {
      throw StoreError(error)
    }
    return identities
  }

  /// - Parameter isMoving: Whether the resources may be missing in the inventory.
  static func saving(
    _ identities: [ResourceID: DataIdentity], in environment: String, isMoving: Bool = false
  ) -> Statement {
    let sorted = identities.sorted { $0.key < $1.key }
    return Statement(
      StateSQL.saveIdentities,
      [
        .text(environment), .textArray(sorted.map(\.key.description)), .textArray(sorted.map(\.value.id)),
        .array(sorted.map { .optional($0.value.head, SQLValue.text) }), .bool(isMoving),
      ])
  }

  /// Gives renamed resources what is recorded of their former names.
  static func moving(
    _ moves: [Move], of identities: [ResourceID: DataIdentity], in environment: String
  ) -> [Statement] {
    let moved = identities.moved(moves)
    guard moved != identities else { return [] }
    let names = moves.flatMap { [$0.from, $0.to] }
    return [
      Statement(
        "DELETE FROM data_identities WHERE environment = $1 AND resource = ANY ($2)",
        [.text(environment), .textArray(names.map(\.description))]),
      saving(moved.filter { names.contains($0.key) }, in: environment, isMoving: true),
    ]
  }
}
