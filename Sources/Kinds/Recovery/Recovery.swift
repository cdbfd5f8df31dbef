package import KindSupport
package import Postgres

/// The kind `BackupPolicy`: backups and restore points (seeds: Backup & Disaster Recovery).
///
/// A policy makes the controller's private server archive its WAL into a pgBackRest repository and creates
/// full backups on a schedule. It covers all databases of the server, including the controller's own state.
/// `Retention` decides which backups are kept, `ArchiveProgress` which time could be restored now; the policy
/// is degraded while that time is older than its RPO. Repositories are never deleted: the removal of a policy
/// only stops the archive.
///
/// A file in the repository names its owner, and a repository of another owner is never written to. A policy
/// that is renamed keeps its stanza, so that its backups stay restorable and the archive is never off.
///
/// A relative repository starts at the state folder, or at the parent of the server's data folder where the
/// server's user cannot access the state folder. pgBackRest's own files are beside it, in
/// `pgbackrest/<stanza>`.
///
/// Entry file: `BackupPolicySpec.swift`. Must not import another kind. Tested in `Tests/RecoveryTests`:
/// planner tables, and the backend against a real server and the real pgBackRest.
package enum Recovery {
  /// - Parameter stateFolder: absolute, that of `server`.
  package static func kinds(
    server: PostgresServer, stateFolder: String
  ) -> [Kind] {
    let claims = BackupPolicyClaims(stateFolder: stateFolder)
    return [
      Kind(
        BackupPolicySpec.self, planner: BackupPolicyPlanner(),
        backend: BackupPolicyBackend(server: server, stateFolder: stateFolder),
        claims: { claims.claims(of: $0, in: $1) }, isMovable: true, export: BackupPolicyExport.export)
    ]
  }
}
