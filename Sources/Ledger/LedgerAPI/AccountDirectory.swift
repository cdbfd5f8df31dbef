package import Postgres

/// Account names and ids for statements of other targets that store an account's id. SQL outside this module
/// does not name the table of accounts; it embeds these expressions instead.
package enum AccountDirectory {
  /// A scalar subquery that returns the name of an account, NULL where no account has the id.
  /// - Parameter id: an SQL expression of type `bigint`; its columns must be qualified by their table, such
  ///   as `j.account`.
  package static func nameExpression(ofID id: String) -> String {
    "(SELECT name FROM accounts WHERE id = \(id))"
  }

  /// A scalar subquery that returns the id (`bigint`) of an account, NULL where no account has the name.
  /// - Parameter name: an SQL expression of type `text`; its columns must be qualified by their table. A
  ///   parameter needs a cast where its type does not follow from elsewhere, such as `$1::text`.
  package static func idExpression(ofName name: String) -> String {
    "(SELECT id FROM accounts WHERE name = \(name))"
  }

  /// Returns a row for each of `names` that has no account, in the column `name`.
  package static func missing(_ names: [String]) -> Statement {
    Statement(
      "SELECT x AS name FROM unnest($1::text[]) x WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE name = x)",
      [.textArray(names)])
  }

  /// Returns the columns `id` and `name` of each of `names` that has an account, in no order.
  package static func ids(of names: [String]) -> Statement {
    Statement("SELECT id, name FROM accounts WHERE name = ANY ($1)", [.textArray(names)])
  }
}
