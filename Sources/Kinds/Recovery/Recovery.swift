package import KindSupport
package import Postgres

/// What can be brought back, and up to when (seeds: Backup & Disaster Recovery). One kind: `BackupPolicy`.
///
/// Entry file: `BackupPolicySpec.swift`. A policy has the controller's private server archive its WAL into a pgBackRest
/// repository and takes full backups on a schedule; it covers all databases of the server, the controller's own state
/// among them. `Retention.swift` decides which backups stay, `RestorePoint.swift` which moment could be restored now;
/// the policy is degraded when that moment is older than its RPO. Repositories are never deleted: a policy that leaves
/// stops the archive and nothing else.
///
/// A relative repository begins at the state folder, or, where the server's user cannot enter that, at the folder
/// that holds the server's data. pgBackRest's own files are beside it, in `pgbackrest/<policy>`.
///
/// Must not import another room. Tested in `Tests/RecoveryTests`: planner tables, and the backend against a real
/// server and the real pgBackRest.
package enum Recovery {
  /// - `stateFolder`: absolute, that of `server`.
  package static func kinds(
    server: PostgresServer, stateFolder: String
  ) -> [Kind] {
    [
      Kind(
        BackupPolicySpec.self, planner: BackupPolicyPlanner(),
        backend: BackupPolicyBackend(server: server, stateFolder: stateFolder),
        export: BackupPolicyExport.export)
    ]
  }
}
