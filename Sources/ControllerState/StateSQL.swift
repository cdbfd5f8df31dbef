internal import Postgres

/// The statements of `SQL/`; each file documents its parameters.
enum StateSQL {
  // MARK: Migrations, whose text never changes, comments included

  /// The tables of revisions, inventory, statuses, journal and events.
  ///
  /// Columns named `resource` hold `Kind/name`. A `document` is a resource without its id; see
  /// `StoredDocument`. The resources of a revision are, for each id, the newest entry up to the revision,
  /// unless that entry has no digest.
  static let tables = EmbeddedSQL.text(PackageResources.migration_1_controller_state_sql)

  /// The tables `replicas` and `leases`; see `LeaseTable`.
  ///
  /// The function `require_leases` rejects an outdated write: with RTL01 when a token is no longer current,
  /// with RTL02 when a revision newer than `pass_revision` is recorded. It locks the leases until the
  /// transaction ends, so that no range changes hands and no revision is recorded between the check and the
  /// write.
  static let leases = EmbeddedSQL.text(PackageResources.migration_3_leases_sql)

  /// The tables of quarantined manifests and of atomic applies, and the outcome `superseded`. A row of
  /// `quarantine` without `lifted_at` is in force.
  static let quarantine = EmbeddedSQL.text(PackageResources.migration_4_quarantine_sql)

  /// The audit trail.
  ///
  /// An `entry` is a record as JSON with sorted keys, exactly as it was hashed. Only the function
  /// `audit_append` adds entries: it locks the head of the environment's chain, so that concurrent
  /// transactions append one after the other. It runs in the last statement of a transaction, which therefore
  /// waits for no other lock afterwards. Triggers record the outcomes of steps and the quarantines, so that
  /// no write can omit its entry.
  static let auditTrail = EmbeddedSQL.text(PackageResources.migration_5_audit_trail_sql)

  /// The tokens of the API. The text of a token is not stored; `hash` is its SHA-256 in hexadecimal digits.
  /// The name of a revoked token stays taken, so that a name in a log always means the same token.
  static let tokens = EmbeddedSQL.text(PackageResources.migration_6_api_tokens_sql)

  /// The effect of steps and the resources that a condition waits for.
  static let stepEffects = EmbeddedSQL.text(PackageResources.migration_7_step_effects_sql)

  /// The claims of resources on things, and the marks of environments.
  static let ownership = EmbeddedSQL.text(PackageResources.migration_8_ownership_sql)

  /// The removals that leading controllers waited for, one for each environment. Replaced by number 11.
  static let pendingChanges = EmbeddedSQL.text(PackageResources.migration_9_pending_changes_sql)

  /// Which data resources held.
  static let dataIdentities = EmbeddedSQL.text(PackageResources.migration_10_data_identities_sql)

  /// The removals that leading controllers wait for, one for each resource, and the manifests that a revision
  /// is an interim state of.
  static let pendingRemovals = EmbeddedSQL.text(PackageResources.migration_11_pending_removals_sql)

  // MARK: Revisions

  static let revisionEntries = EmbeddedSQL.text(PackageResources.revision_entries_sql)
  static let newestDigests = EmbeddedSQL.text(PackageResources.newest_digests_sql)
  static let insertRevision = EmbeddedSQL.text(PackageResources.insert_revision_sql)
  static let insertRevisionEntries = EmbeddedSQL.text(PackageResources.insert_revision_entries_sql)

  // MARK: Inventory

  static let inventoryHeads = EmbeddedSQL.text(PackageResources.inventory_heads_sql, ["condition": isIn])
  static let inventoryHeadsOfResources = EmbeddedSQL.text(
    PackageResources.inventory_heads_sql, ["condition": isAmong])
  static let inventoryDocuments = EmbeddedSQL.text(PackageResources.inventory_documents_sql)
  static let saveInventory = EmbeddedSQL.text(PackageResources.save_inventory_sql)

  static let saveIdentities = EmbeddedSQL.text(PackageResources.save_identities_sql)

  // MARK: Claims

  static let saveClaims = EmbeddedSQL.text(PackageResources.save_claims_sql)
  static let claimsNear = EmbeddedSQL.text(PackageResources.claims_near_sql)
  static let settleClaims = EmbeddedSQL.text(PackageResources.settle_claims_sql)
  static let leaveClaims = EmbeddedSQL.text(PackageResources.leave_claims_sql)
  /// Shows other processes that claims or marks changed. The last statement of a transaction but for the
  /// audit trail's.
  static let countClaimChange = "UPDATE controller_identity SET claims_version = claims_version + 1"
  static let appliedTimes = EmbeddedSQL.text(PackageResources.applied_times_sql)

  // MARK: Environments

  static let environments = EmbeddedSQL.text(PackageResources.environments_sql)
  static let environmentRecords = EmbeddedSQL.text(PackageResources.environment_records_sql)
  static let interruptAbandonedIntents = EmbeddedSQL.text(
    PackageResources.interrupt_abandoned_intents_sql)
  static let uncertainSteps = EmbeddedSQL.text(PackageResources.uncertain_steps_sql)
  static let forgetEnvironment = EmbeddedSQL.text(PackageResources.forget_environment_sql)

  // MARK: Statuses and events

  static let statuses = EmbeddedSQL.text(PackageResources.statuses_sql, ["condition": isIn])
  static let statusesOfResources = EmbeddedSQL.text(
    PackageResources.statuses_sql, ["condition": isAmong])
  static let strayStatuses = EmbeddedSQL.text(PackageResources.stray_statuses_sql)
  static let saveStatuses = EmbeddedSQL.text(PackageResources.save_statuses_sql)
  static let events = EmbeddedSQL.text(PackageResources.events_sql)
  static let insertEvents = EmbeddedSQL.text(PackageResources.insert_events_sql)

  // MARK: Journal

  static let insertIntents = EmbeddedSQL.text(PackageResources.insert_intents_sql)
  static let recordOutcomes = EmbeddedSQL.text(PackageResources.record_outcomes_sql)
  static let interruptOpenIntents = EmbeddedSQL.text(PackageResources.interrupt_open_intents_sql)
  static let unsettledResources = EmbeddedSQL.text(PackageResources.unsettled_resources_sql)
  static let journal = EmbeddedSQL.text(PackageResources.journal_sql)

  // MARK: Leases

  static let saveReplica = EmbeddedSQL.text(PackageResources.save_replica_sql)
  static let saveLeases = EmbeddedSQL.text(PackageResources.save_leases_sql)

  // MARK: Quarantines

  static let insertQuarantines = EmbeddedSQL.text(PackageResources.insert_quarantines_sql)
  static let liftQuarantine = EmbeddedSQL.text(PackageResources.lift_quarantine_sql)
  static let saveAtomicApply = EmbeddedSQL.text(PackageResources.save_atomic_apply_sql)

  // MARK: Pending removals

  static let savePendingRemovals = EmbeddedSQL.text(PackageResources.save_pending_removals_sql)

  // MARK: Tokens

  static let tokenByHash = EmbeddedSQL.text(PackageResources.token_by_hash_sql, ["columns": tokenColumns])
  static let tokensByName = "SELECT \(tokenColumns) FROM api_tokens ORDER BY name"
  static let insertToken = EmbeddedSQL.text(PackageResources.insert_token_sql)
  static let revokeToken = EmbeddedSQL.text(PackageResources.revoke_token_sql, ["columns": tokenColumns])

  // MARK: Parts

  /// Rows of an environment. `$1` is the environment.
  private static let isIn = "environment = $1"
  /// Rows of some resources of an environment. `$2` is an array of their names.
  private static let isAmong = "environment = $1 AND resource = ANY ($2)"
  private static let tokenColumns =
    "name, role, subject, hash, created_at, created_by, expires_at, revoked_at, last_used_at"
}
