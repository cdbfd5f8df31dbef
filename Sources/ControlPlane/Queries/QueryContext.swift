package import Model
package import Reconciling

/// The part of an opened state that a query reads.
package protocol QueryContext: Sendable {
  init(_ state: StateSession)
}

/// The records of the controller: revisions, statuses, events, journal and leases.
package struct RecordsContext: QueryContext {
  package let environments: EnvironmentDirectory
  package let store: any StateStore
  package let now: @Sendable () -> Timestamp

  package init(_ state: StateSession) {
    environments = state.environments
    store = state.store
    now = state.time.now
  }
}

/// The audit trail of the controller.
package struct AuditContext: QueryContext {
  package let environments: EnvironmentDirectory
  package let auditTrail: any AuditTrail
  package let now: @Sendable () -> Timestamp

  package init(_ state: StateSession) {
    environments = state.environments
    auditTrail = state.auditTrail
    now = state.time.now
  }
}

/// The records of the controller, and the kinds that render them as manifests.
package struct ManifestsContext: QueryContext {
  package let records: RecordsContext
  package let platform: Platform

  package init(_ state: StateSession) {
    records = RecordsContext(state)
    platform = state.platform
  }
}

/// Observes and plans.
package struct PlanningContext: QueryContext {
  package let environments: EnvironmentDirectory
  package let store: any StateStore
  package let platform: Platform
  package let engine: Engine

  package init(_ state: StateSession) {
    environments = state.environments
    store = state.store
    platform = state.platform
    engine = state.engine
  }
}

extension LedgerDirectory: QueryContext {}

/// Reads and writes a ledger, and reports grants of remote callers.
package struct GrantContext: QueryContext {
  package let ledgers: LedgerDirectory
  package let reporter: any Reporter

  package init(_ state: StateSession) {
    ledgers = LedgerDirectory(state)
    reporter = state.reporter
  }
}
