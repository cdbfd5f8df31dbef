package import KindSupport
package import Model

/// The inverse of `BackupPolicyPlanner`: the spec of a policy corrected by its archive.
package enum BackupPolicyExport {
  package static func export(
    _ policy: Resource<BackupPolicySpec>, _ observed: BackupPolicyObserved, _ context: ReconcileContext
  ) -> Exported<BackupPolicySpec> {
    var spec = policy.spec
    var remarks: [String] = []
    switch observed.archiving {
    case .here(let seconds) where seconds != spec.archiveTimeoutSeconds:
      // A segment is closed after a third of the RPO.
      spec.rpo = TimeSpan(seconds: Int64(seconds) * 3)
    case .here: break
    case .off: remarks.append("its server does not archive")
    case .stanza(let other): remarks.append("its server archives into stanza \(other)")
    case .elsewhere: remarks.append("its server has another archive command")
    }
    if observed.stanza != .ready || !observed.isConfigured { remarks.append("its repository is not set up") }
    return Exported(spec, remarks: remarks)
  }
}
