/// The client of PostgreSQL, on libpq, and the private server that the controller runs for itself.
///
/// Entry files: `PostgresPool.swift` for statements, transactions, pipelines and notifications;
/// `PostgresServer.swift` for the embedded server, `ServerSupervisor.swift` for its restarts;
/// `Migrations.swift` for numbered SQL files; `DatabaseConnector.swift` for the pool of a database that an
/// offer names. Every connection owns one thread, because libpq blocks; see `ConnectionThread.swift`.
///
/// Must not import any module of this package but `Model`, `Concurrency` and `CLibPQ`. `Tests/PostgresTests`
/// run on real servers, which `PostgresSupport` starts below temporary folders.
package enum Postgres {}
