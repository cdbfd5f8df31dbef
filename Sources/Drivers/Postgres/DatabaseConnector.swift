package import Model
internal import Synchronization

/// Provides one shared pool for each database that offers name.
package final class DatabaseConnector: Sendable {
  /// Resolves a secret reference.
  package typealias Resolver = @Sendable (SecretReference) async throws -> Secret

  private struct Entry {
    let configuration: PostgresConfiguration
    let pool: PostgresPool
  }

  private let server: PostgresServer
  private let resolve: Resolver
  private let connections: Int
  private let entries = Mutex<[DatabaseAddress: Entry]>([:])

  /// - Parameter connections: The maximum number of connections of each pool.
  package init(server: PostgresServer, connections: Int = 8, resolver: @escaping Resolver) {
    self.server = server
    self.connections = connections
    resolve = resolver
  }

  /// Returns the pool of this database. The database need not be reachable: statements report that. Starts
  /// the embedded server when it does not run; never creates a database. Resolves an external URL on every
  /// call, so that a rotated password leads to a new pool.
  package func pool(for address: DatabaseAddress) async throws(PostgresError) -> PostgresPool {
    let configuration = try await configuration(for: address)
    let (pool, replaced) = entries.withLock { entries -> (PostgresPool, PostgresPool?) in
      let known = entries[address]
      if let known, known.configuration == configuration { return (known.pool, nil) }
      let pool = PostgresPool(configuration, connections: connections)
      entries[address] = Entry(configuration: configuration, pool: pool)
      return (pool, known?.pool)
    }
    await replaced?.close()
    return pool
  }

  /// Closes all pools; the server is not stopped.
  package func close() async {
    let pools = entries.withLock { entries in
      defer { entries = [:] }
      return entries.values.map(\.pool)
    }
    for pool in pools { await pool.close() }
  }

  private func configuration(
    for address: DatabaseAddress
  ) async throws(PostgresError) -> PostgresConfiguration {
    switch address {
    case .embedded(let database):
      if await !server.isStarted { try await server.start() }
      return try await server.configuration(database: database)
    case .external(let reference):
      let url: Secret
      do { url = try await resolve(reference) } catch {
        throw PostgresError(
          .invalidAddress, "the URL of the database is not available from \(reference): \(error)",
          server: "PostgreSQL", retry: .later)
      }
      return try PostgresConfiguration(url: url)
    }
  }
}
