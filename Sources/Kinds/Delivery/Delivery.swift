package import KindSupport
package import Postgres

/// How manifests get to where they apply (seeds: CI/CD & Environments). One kind: `Environment`.
///
/// Entry file: `EnvironmentSpec.swift`. What an environment asks for (tags, smoke jobs, approvals) is checked here and
/// recorded in the controller's own state, in the table `environments`, where promotion and the dashboard read it.
/// What `variables` and `mockGPUs` mean for the other manifests is decided while they are read.
///
/// Must not import a container driver or another room. Tested in `Tests/DeliveryTests`: planner tables, and the
/// backend against a real server.
package enum Delivery {
  /// - `state`: the controller's own database, with `migrations` applied.
  package static func kinds(state: PostgresPool) -> [Kind] {
    [
      Kind(
        EnvironmentSpec.self, planner: EnvironmentPlanner(), backend: EnvironmentBackend(state: state),
        export: EnvironmentExport.export)
    ]
  }

  /// The table of environments, for the controller's own database. Numbered together with the controller's.
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
