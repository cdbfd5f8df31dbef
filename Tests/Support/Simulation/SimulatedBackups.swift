import Manifests
import Model
import Reconciling
import Recovery

/// The archive and backups of the server in memory, as pgBackRest stores them.
struct SimulatedBackups: ResourceBackend {
  let world: World
  private var server: SimulatedServer { world.systems.server }

  func observe(_ subjects: [Subject<BackupPolicySpec>], in context: ReconcileContext) async
    -> [ResourceID: Result<BackupPolicyObserved?, BackendError>]
  {
    let state = server.now
    var answers: [ResourceID: Result<BackupPolicyObserved?, BackendError>] = [:]
    for subject in subjects {
      guard let spec = subject.spec, case .embedded? = context.offers.databases[spec.of.id]?.address else {
        answers[subject.id] = .success(nil)
        continue
      }
      let stanza = SimulatedBackups.repository(of: subject, context)
      let archiving = SimulatedBackups.archiving(state.archive, stanza)
      let repository = state.repositories[stanza]
      guard repository != nil || archiving != .off else {
        answers[subject.id] = .success(nil)
        continue
      }
      let backups = repository?.backups ?? []
      let isHere = if case .here = archiving { true } else { false }
      answers[subject.id] = .success(
        BackupPolicyObserved(
          archiving: archiving, isConfigured: repository?.isConfigured ?? false,
          stanza: repository == nil ? .missing : .ready, backups: backups,
          restorable: isHere && !backups.isEmpty ? world.time.wall : backups.last?.ended,
          owner: repository?.owner))
    }
    return answers
  }

  /// The key of the repository: the folder and the stanza in it.
  private static func repository(of subject: Subject<BackupPolicySpec>, _ context: ReconcileContext) -> String
  {
    let stanza = context.claims.physicalName(of: subject.id, role: "stanza") ?? subject.id.name
    guard case .folder(let folder)? = subject.spec?.repository else { return stanza }
    return "\(folder)/\(stanza)"
  }

  private static func archiving(_ archive: SimulatedServer.Archive?, _ name: String)
    -> BackupPolicyObserved.Archiving
  {
    guard let archive else { return .off }
    guard let policy = archive.policy else { return .elsewhere }
    return policy == name ? .here(timeoutSeconds: archive.timeoutSeconds) : .stanza(policy)
  }

  func apply(
    _ operation: BackupPolicyOperation, to subject: Subject<BackupPolicySpec>, in context: ReconcileContext
  ) async throws(BackendError) {
    let (name, now) = (SimulatedBackups.repository(of: subject, context), world.time.wall)
    let owner = context.mark(of: subject.id)
    try server.change { state -> Result<Void, BackendError> in
      switch operation {
      case .createStanza:
        state.repositories[name, default: SimulatedServer.Repository()].isConfigured = true
        state.repositories[name]?.owner = owner
      case .recordOwner: state.repositories[name]?.owner = owner
      case .archive(let seconds):
        state.archive = SimulatedServer.Archive(policy: name, timeoutSeconds: seconds)
      case .stopArchiving: state.archive = nil
      case .backUp:
        guard state.archive?.policy == name, state.repositories[name] != nil else {
          return .failure(
            BackendError(
              code: "pgbackrest.archive", "the server does not archive to the repository of \(name)"))
        }
        state.lastBackup += 1
        let backup = BackupRecord(
          label: "backup-\(state.lastBackup)F", isFull: true, began: now, ended: now,
          size: ByteCount(bytes: 1 << 20))
        state.repositories[name]?.backups.append(backup)
        state.repositories[name]?.backups.sort { $0.began < $1.began }
      case .expire(let label): state.repositories[name]?.backups.removeAll { $0.label == label }
      }
      return .success(())
    }.get()
  }
}
