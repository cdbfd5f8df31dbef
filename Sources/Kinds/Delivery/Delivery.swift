package import KindSupport
package import Postgres

/// The kind `Environment`: where revisions apply, and the gates that they must pass first (seeds: CI/CD &
/// Environments).
///
/// The gates (tags, smoke jobs, approvals) are validated here and recorded in the table `environments`, which
/// this module owns in the controller's database; promotion reads them there. `variables` and `mockGPUs` take
/// effect while manifests are loaded.
///
/// Entry file: `EnvironmentSpec.swift`. Must not import a container driver or another kind. Tested in
/// `Tests/DeliveryTests`: planner tables, and the backend against a real server.
package enum Delivery {
  /// - Parameter state: the controller's database, with `migrations` applied.
  package static func kinds(state: PostgresPool) -> [Kind] {
    [
      Kind(
        EnvironmentSpec.self, planner: EnvironmentPlanner(), backend: EnvironmentBackend(state: state),
        export: EnvironmentExport.export)
    ]
  }

  /// The migrations of the controller's database that create this module's table. Their numbers are unique
  /// together with those of `ControllerState`.
  package static let migrations = [
    Migrations.Migration(
      number: 2, name: "environments",
      sql: """
        CREATE TABLE environments (
          name text PRIMARY KEY,
          spec json NOT NULL,
          recorded_at timestamptz NOT NULL DEFAULT now()
        )
        """)
  ]
}
