package import Model

/// Returns the connection pool of a database, which need not exist.
package typealias DatabasePools = @Sendable (DatabaseAddress) async throws(PostgresError) -> PostgresPool

extension ReconcileContext {
  /// The pool of a declared database. Throws where the database is not declared, or nil.
  package func pool(
    of database: ResourceID?, from pools: DatabasePools
  ) async throws(BackendError) -> PostgresPool {
    let address = try offers.address(of: database)
    do throws(PostgresError) {
      return try await pools(address)
    } catch {
      throw error.backendError
    }
  }
}
