internal import Concurrency
internal import Manifests
package import Model
internal import PgBackRest
package import Postgres
package import Reconciling

/// Observes and changes the archive and the backups of the controller's private server through pgBackRest.
package struct BackupPolicyBackend: IndividuallyObservingBackend {
  private let server: PostgresServer
  private let stateFolder: String

  /// - Parameter stateFolder: absolute; relative repositories start there.
  package init(server: PostgresServer, stateFolder: String) {
    self.server = server
    self.stateFolder = stateFolder
  }

  package var system: String { "pgBackRest" }

  /// A full backup reads the whole server; the other operations are short.
  package func deadline(of operation: BackupPolicyOperation, for subject: Subject<BackupPolicySpec>)
    -> TimeSpan
  {
    switch operation {
    case .backUp: TimeSpan(seconds: 6 * 3600)
    case .createStanza, .recordOwner, .expire, .archive, .stopArchiving: TimeSpan(seconds: 600)
    }
  }

  // MARK: Observing

  /// Nil where nothing of the policy exists, and for a server that is not the private one, which no policy
  /// can back up.
  package func observe(
    _ subject: Subject<BackupPolicySpec>, in context: ReconcileContext
  ) async throws(BackendError) -> BackupPolicyObserved? {
    guard let spec = subject.spec, isEmbedded(spec, context) else { return nil }
    let tool = try await tool(spec, subject.id, context)
    let status = try await archiveStatus()
    let archiving = BackupPolicyBackend.archiving(status, tool)
    let place = RepositoryPlace(repository: tool.settings.repository, data: tool.settings.dataFolder)
    guard place == .separate else {
      return BackupPolicyObserved(
        archiving: archiving, stanza: .missing, backups: [], restorable: nil, place: place,
        owner: nil)
    }
    let owner = try RepositoryOwner.read(tool)
    do throws(PgBackRestError) {
      let info = try await tool.info()
      if !info.exists, archiving == .off, !tool.isConfigured, owner == nil { return nil }
      let backups = info.backups.map(BackupRecord.init)
      let lastBackup = backups.last?.ended
      let isHere = if case .here = archiving { true } else { false }
      return BackupPolicyObserved(
        archiving: archiving, archiveFailedAt: isHere ? status.failedAt : nil,
        isConfigured: tool.isConfigured, stanza: BackupPolicyBackend.stanza(info), backups: backups,
        restorable: isHere ? status.progress.restorable(at: status.now, lastBackup: lastBackup) : lastBackup,
        owner: owner)
    } catch {
      throw error.backendError
    }
  }

  private static func archiving(_ status: ArchiveStatus, _ tool: PgBackRest) -> BackupPolicyObserved.Archiving
  {
    guard status.isOn else { return .off }
    if status.command == tool.archiveCommand {
      return .here(timeoutSeconds: Int(status.timeout.milliseconds / 1000))
    }
    let marker = "/\(BackupPolicyBackend.workFolder)/"
    guard let range = status.command.firstRange(of: marker) else { return .elsewhere }
    let name = String(status.command[range.upperBound...].prefix { $0 != "/" })
    return name == tool.settings.stanza || name.isEmpty ? .elsewhere : .stanza(name)
  }

  /// Status codes of pgBackRest: 0 ready, 2 ready without a backup, 1 missing, 3 missing for this server.
  private static func stanza(_ info: StanzaInfo) -> BackupPolicyObserved.Stanza {
    switch info.status {
    case 0, 2: .ready
    case 1, 3: .missing
    default: .broken(info.message)
    }
  }

  package func health(
    of subject: Subject<BackupPolicySpec>, observed: BackupPolicyObserved, in context: ReconcileContext
  ) -> Health {
    guard let spec = subject.desired?.spec else { return .ready }
    return observed.health(rpo: spec.rpo, now: context.now)
  }

  // MARK: Applying

  package func apply(
    _ operation: BackupPolicyOperation, to subject: Subject<BackupPolicySpec>, in context: ReconcileContext
  ) async throws(BackendError) {
    guard let spec = subject.spec else { return }
    let tool = try await tool(spec, subject.id, context)
    if operation != .stopArchiving { try requireOwnership(of: tool, subject, context) }
    switch operation {
    case .createStanza, .recordOwner: try RepositoryOwner.write(context.mark(of: subject.id), tool)
    case .archive(let seconds):
      try await configure(tool.serverSettings.merging(["archive_timeout": "\(seconds)s"]) { $1 })
    case .stopArchiving: try await configure([:])
    case .backUp, .expire: break
    }
    do throws(PgBackRestError) {
      switch operation {
      case .createStanza:
        try tool.writeConfiguration()
        try await tool.createStanza()
      case .backUp:
        try tool.writeConfiguration()
        try await tool.backup(.full)
      case .expire(let label): try await tool.expire(label: label)
      case .recordOwner, .archive, .stopArchiving: break
      }
    } catch {
      throw error.backendError
    }
  }

  /// - Throws: `repository.foreign` where the repository names another owner than the policy or its former
  ///   name.
  private func requireOwnership(
    of tool: PgBackRest, _ subject: Subject<BackupPolicySpec>, _ context: ReconcileContext
  ) throws(BackendError) {
    let mark = context.mark(of: subject.id)
    guard let owner = try RepositoryOwner.read(tool), owner != mark,
      owner != subject.movedFrom.map({ context.mark(of: $0.id) })
    else { return }
    throw OwnershipConflict(.folder(path: tool.settings.repository), owner: owner, claimant: mark)
      .backendError(code: "repository.foreign")
  }

  /// Creates a full backup at once, regardless of the schedule. Returns once it can be restored.
  package func backUpNow(
    _ subject: Subject<BackupPolicySpec>, in context: ReconcileContext
  ) async throws(BackendError) -> BackupDone {
    guard let spec = subject.spec, isEmbedded(spec, context) else {
      throw BackendError(
        code: "backup.unsupported", "\(subject.id) has no embedded server to back up", retry: .afterChange)
    }
    let tool = try await tool(spec, subject.id, context)
    try requireOwnership(of: tool, subject, context)
    let start = ContinuousClock.now
    do throws(PgBackRestError) {
      guard try await tool.info().exists else {
        throw PgBackRestError(
          .stanzaMissing, "the policy has not been applied yet; run `rendertrust apply` first",
          stanza: subject.id.name)
      }
      try tool.writeConfiguration()
      let backup = BackupRecord(try await tool.backup(.full))
      let elapsed = (ContinuousClock.now - start) / .milliseconds(1)
      return BackupDone(
        label: backup.label, size: backup.size, duration: TimeSpan(milliseconds: Int64(elapsed)))
    } catch {
      throw error.backendError
    }
  }

  private func configure(_ settings: [String: String]) async throws(BackendError) {
    do throws(PostgresError) {
      let outcome = try await server.configure(settings)
      if outcome.needsRestart { try await server.restart() }
    } catch {
      throw error.backendError
    }
  }

  // MARK: Locations

  private static let workFolder = "pgbackrest"

  /// - Parameter context: Its holdings name the stanza of a policy that was renamed: the stanza and
  ///   pgBackRest's own files keep their names, so that WAL goes on to the same archive.
  private func tool(
    _ spec: BackupPolicySpec, _ id: ResourceID, _ context: ReconcileContext
  ) async throws(BackendError) -> PgBackRest {
    guard case .folder(let folder) = spec.repository else {
      throw BackendError(code: "backup.repository", "\(id) has no folder to back up to", retry: .afterChange)
    }
    let data: String
    let socket: String
    do throws(PostgresError) {
      if await !server.isStarted { try await server.start() }
      data = try await server.dataFolder()
      socket = await server.socketFolder ?? data
    } catch {
      throw error.backendError
    }
    let base = base(ofData: data)
    let stanza = BackupPolicyClaims.stanza(of: id, context.claims)
    do throws(PgBackRestError) {
      return try PgBackRest(
        PgBackRest.Settings(
          stanza: stanza, repository: folder.hasPrefix("/") ? folder : "\(base)/\(folder)",
          workFolder: "\(base)/\(BackupPolicyBackend.workFolder)/\(stanza)", dataFolder: data,
          socketFolder: socket, retention: .manual(fullWithWAL: spec.keep.fullyRestorable)))
    } catch {
      throw error.backendError
    }
  }

  /// The state folder, or the parent of the server's data folder where the server's user cannot access the
  /// state folder.
  private func base(ofData data: String) -> String {
    if data.hasPrefix(stateFolder + "/") { return stateFolder }
    return data.lastIndex(of: "/").map { String(data[..<$0]) } ?? stateFolder
  }

  private func archiveStatus() async throws(BackendError) -> ArchiveStatus {
    do throws(PostgresError) {
      let pool = PostgresPool(try await server.configuration(), connections: 1)
      let status = await Result { () async throws(PostgresError) in try await ArchiveStatus.read(pool) }
      await pool.close()
      return try status.get()
    } catch {
      throw error.backendError
    }
  }

  private func isEmbedded(_ spec: BackupPolicySpec, _ context: ReconcileContext) -> Bool {
    if case .embedded? = context.offers.databases[spec.of.id]?.address { true } else { false }
  }
}

/// A backup that was created on demand.
package struct BackupDone: Hashable, Sendable {
  package let label: String
  /// The size in the repository.
  package let size: ByteCount
  /// From the request until it could be restored.
  package let duration: TimeSpan
}

extension BackupRecord {
  fileprivate init(_ backup: Backup) {
    self.init(
      label: backup.label, isFull: backup.type == .full, began: backup.start, ended: backup.stop,
      size: backup.repositorySize, hasErrors: backup.hasErrors)
  }
}
