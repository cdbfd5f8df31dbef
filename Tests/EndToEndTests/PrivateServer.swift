import FoundationEssentials
import Glibc
import Model
import Postgres
import Testing

/// The private PostgreSQL of an installation, seen from outside: never starts or stops it.
struct PrivateServer: Sendable {
  let data: String
  /// A pool on the database `platform`.
  let pool: PostgresPool
  private let socket: String

  init(_ installation: Installation) throws {
    let home = installation.state + "/postgres"
    func recorded(_ name: String) -> String? {
      (try? String(contentsOfFile: "\(home)/\(name)", encoding: .utf8))?.split(separator: "\n").first.map(
        String.init)
    }
    let base = recorded("data-folder") ?? home
    data = base + "/data"
    socket = recorded("socket-folder") ?? base + "/socket"
    pool = PostgresPool(PostgresConfiguration(socketFolder: socket, database: "platform"), connections: 2)
  }

  var postmaster: pid_t {
    get throws {
      let text = try String(contentsOfFile: data + "/postmaster.pid", encoding: .utf8)
      return try #require(text.split(separator: "\n").first.flatMap { pid_t($0) })
    }
  }

  /// The first column of a query's rows.
  func texts(_ sql: String, in database: String) async throws -> [String] {
    let pool = PostgresPool(PostgresConfiguration(socketFolder: socket, database: database), connections: 1)
    let rows = try await pool.query(sql)
    await pool.close()
    return try rows.map { row throws(PostgresError) in try row.text(0) }
  }

  func close() async { await pool.close() }
}
