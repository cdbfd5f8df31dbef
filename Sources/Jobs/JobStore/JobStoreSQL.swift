internal import Ledger
internal import Postgres

/// The statements of `SQL/`; each file documents its parameters.
enum JobStoreSQL {
  /// Migrations that landed; their texts, comments included, never change.
  static let tables = EmbeddedSQL.text(PackageResources.migration_5_scheduling_sql)
  static let drains = EmbeddedSQL.text(PackageResources.migration_6_drains_sql)

  static let lockNodes = EmbeddedSQL.text(
    PackageResources.lock_nodes_sql, ["node_columns": nodeColumns])
  static let nodes = EmbeddedSQL.text(
    PackageResources.nodes_sql, ["node_columns": nodeColumns, "status_columns": ""])
  /// The same rows with the last report and whether the node is online. $1: the maximum age of the heartbeat
  /// of an online node, in milliseconds.
  static let nodeStatuses = EmbeddedSQL.text(
    PackageResources.nodes_sql,
    [
      "node_columns": nodeColumns,
      "status_columns": """
      , h.report,
        coalesce(h.heard_at > now() - $1::bigint * interval '1 millisecond', false) AS is_online
      """,
    ])
  static let modules = EmbeddedSQL.text(PackageResources.modules_sql)
  static let updateNodes = EmbeddedSQL.text(PackageResources.update_nodes_sql)
  static let declaredNodes = EmbeddedSQL.text(PackageResources.declared_nodes_sql)
  static let declaredModules = EmbeddedSQL.text(PackageResources.declared_modules_sql)
  static let recordNodes = EmbeddedSQL.text(PackageResources.record_nodes_sql)
  static let recordModules = EmbeddedSQL.text(PackageResources.record_modules_sql)
  static let replicas = EmbeddedSQL.text(PackageResources.replicas_sql)
  static let findNode = EmbeddedSQL.text(PackageResources.find_node_sql)

  static let insertJobs = EmbeddedSQL.text(
    PackageResources.insert_jobs_sql, ["account_id": AccountDirectory.idExpression(ofName: "u.account")])
  static let insertAttempts = EmbeddedSQL.text(PackageResources.insert_attempts_sql)
  static let enqueueJobs = EmbeddedSQL.text(PackageResources.enqueue_jobs_sql)
  static let queueWindow = EmbeddedSQL.text(PackageResources.queue_window_sql)

  static let lockAttempts = EmbeddedSQL.text(
    PackageResources.lock_attempts_sql, ["account_name": accountOfJob])
  static let updateAttempts = EmbeddedSQL.text(PackageResources.update_attempts_sql)
  static let updateJobs = EmbeddedSQL.text(PackageResources.update_jobs_sql)
  static let lockPendingJobs = EmbeddedSQL.text(
    PackageResources.lock_pending_jobs_sql, ["account_name": accountOfJob])

  static let openAttempts = EmbeddedSQL.text(PackageResources.open_attempts_sql)
  static let recordDrain = EmbeddedSQL.text(PackageResources.record_drain_sql)
  static let requeueJobs = EmbeddedSQL.text(PackageResources.requeue_jobs_sql)
  static let unpaidPreempted = EmbeddedSQL.text(PackageResources.unpaid_preempted_sql)

  static let recordHeartbeats = EmbeddedSQL.text(PackageResources.record_heartbeats_sql)
  static let recordCapabilities = EmbeddedSQL.text(PackageResources.record_capabilities_sql)
  static let attemptsToStop = EmbeddedSQL.text(PackageResources.attempts_to_stop_sql)
  static let attemptsOnNode = EmbeddedSQL.text(PackageResources.attempts_on_node_sql)

  static let job = EmbeddedSQL.text(PackageResources.job_sql, ["job_columns": jobColumns])
  static let jobs = EmbeddedSQL.text(
    PackageResources.jobs_sql,
    ["job_columns": jobColumns, "account_id": AccountDirectory.idExpression(ofName: "$1::text")])
  static let attemptsOfJob = EmbeddedSQL.text(PackageResources.attempts_of_job_sql)

  static let eraseJobs = EmbeddedSQL.text(PackageResources.erase_jobs_sql)
  static let eraseCancellations = EmbeddedSQL.text(PackageResources.erase_cancellations_sql)

  private static let accountOfJob = AccountDirectory.nameExpression(ofID: "j.account")

  /// What a claim needs of a node; `earned` halves with every hour.
  private static let nodeColumns = """
    n.id, n.name, n.owner, n.gpu_memory, n.gpu_used, n.cores, n.cores_used, n.slots, n.slots_used, n.memory,
    n.is_cordoned OR n.is_held OR n.retired_at IS NOT NULL AS is_cordoned,
    n.retired_at IS NOT NULL AS is_retired,
    (n.earned_micro * power(
      0.5, least(greatest(extract(epoch FROM now() - n.earned_at), 0) / 3600, 60)))::bigint AS earned
    """

  private static let jobColumns = """
    j.id, j.version, \(accountOfJob) AS creator, j.module, j.image, j.units, j.unit_price_micro, j.held_micro,
    j.cost_micro, j.priority, j.state, j.reason, j.is_overflow, j.submitted_at, j.deadline_at, j.finished_at
    """
}
