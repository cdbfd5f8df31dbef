/// The client of PostgreSQL, on libpq, and the private server that the controller runs for itself.
///
/// Entry files: `PostgresPool.swift` for statements, transactions, pipelines and notifications; `PostgresServer.swift`
/// for the embedded server; `Migrations.swift` for numbered SQL files; `DatabaseConnector.swift` to get a pool for
/// what an offer names. Every connection owns one thread, because libpq blocks; see `ConnectionThread.swift`.
///
/// Must not import any module of this package but `Model` and `CLibPQ`. Tested on a real server by
/// `Tests/PostgresTests`, which start one below a temporary folder through `PostgresSupport`.
package enum Postgres {}
