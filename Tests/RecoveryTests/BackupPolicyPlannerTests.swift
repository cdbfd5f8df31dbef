import KindTestSupport
import Manifests
import Model
import Planning
import Recovery
import Testing

@Suite("Plans of backup policies") struct BackupPolicyPlannerTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let reason: String
    var isDesired = true
    let observed: BackupPolicyObserved?
    let steps: [String]
    var risk = Risk.safe
    var testDescription: String { reason }
  }

  @Test("The backup guard receives the restore point and its limit")
  func backupFact() throws {
    let policy = try Fixture.resource(
      BackupPolicySpec.self, "ledger",
      #"{"of":"Database/platform","rpo":"15m","repository":{"folder":"backups"}}"#)
    let facts = BackupPolicyPlanner().facts(policy, Self.observed(), Fixture.context(policy))
    #expect(
      facts == [
        .backup(
          BackupFact(
            of: ResourceID(kind: "Database", name: "platform"), restorable: Self.observed().restorable,
            limit: TimeSpan(seconds: 900)))
      ])
  }

  static let archive = "archive WAL at least every 5m while there are changes"
  static let backUp = "make a full backup of Database/platform"

  static let table: [Row] = [
    Row(
      reason: "a new policy creates its repository, its archive and a first backup", observed: nil,
      steps: ["create the backup repository of ledger", "\(archive), restarting the server", backUp],
      risk: .disruptive),
    Row(reason: "a policy as declared needs no step", observed: observed(), steps: []),
    Row(
      reason: "an archive that was switched off is switched on, which restarts the server",
      observed: observed(archiving: .off), steps: ["\(archive), restarting the server"], risk: .disruptive),
    Row(
      reason: "a configuration file that is missing or differs is written again",
      observed: BackupPolicyObserved(
        archiving: .here(timeoutSeconds: 300), isConfigured: false, stanza: .ready,
        backups: [backup("2026-11-22T02:00:00Z")], restorable: Fixture.now, owner: mark),
      steps: ["write the backup configuration of ledger"]),
    Row(
      reason: "a repository of an earlier release gets its owner", observed: observed(owner: nil),
      steps: ["record the owner of the backup repository"]),
    Row(
      reason: "a policy that left the manifests does not stop the archive of another owner",
      isDesired: false, observed: observed(owner: owner("other")), steps: []),
    Row(
      reason: "another archive command is replaced without a restart",
      observed: observed(archiving: .elsewhere),
      steps: [archive]),
    Row(
      reason: "a third of the RPO changed", observed: observed(archiving: .here(timeoutSeconds: 60)),
      steps: [archive]),
    Row(
      reason: "the nightly backup is due since two o'clock",
      observed: observed(backups: [backup("2026-11-21T02:00:00Z")]), steps: [backUp]),
    Row(
      reason: "one backup makes up for missed nights",
      observed: observed(backups: [backup("2026-11-10T02:00:00Z")]), steps: [backUp]),
    Row(
      reason: "a backup on demand replaces that of the past night",
      observed: observed(backups: [backup("2026-11-22T11:00:00Z")]), steps: []),
    Row(
      reason: "a backup that no rule keeps expires",
      observed: observed(backups: [backup("2026-11-22T01:00:00Z"), backup("2026-11-22T02:00:00Z")]),
      steps: ["expire backup 2026-11-22T01:00:00Z"]),
    Row(
      reason: "a policy that left the manifests stops archiving and deletes nothing", isDesired: false,
      observed: observed(),
      steps: ["stop archiving WAL, restarting the server; the repository and its backups stay"],
      risk: .disruptive),
    Row(
      reason: "a stopped policy that left the manifests needs no step, although its repository exists",
      isDesired: false, observed: observed(archiving: .off), steps: []),
  ]

  @Test("The steps lead from the observation to the declaration", arguments: table)
  func decides(_ row: Row) throws {
    let policy = try Self.policy()
    let outcome = try BackupPolicyPlanner().plan(
      row.isDesired ? policy : nil, row.observed, Fixture.context(policy, offers: Self.embedded))
    #expect(outcome.steps.map(\.summary) == row.steps)
    #expect((outcome.steps.map(\.risk).max() ?? .safe) == row.risk)
  }

  @Test("A database on an external server is refused")
  func externalServer() throws {
    var offers = Offers()
    offers.add(
      .database(DatabaseOffer(address: .external(url: .environment("POSTGRES_URL")))),
      from: ResourceID(kind: "Database", name: "platform"))
    let policy = try Self.policy()
    let error = #expect(throws: PlanError.self) {
      try BackupPolicyPlanner().plan(policy, nil, Fixture.context(policy, offers: offers))
    }
    #expect(error?.message.contains("continuous backup needs the embedded server") == true)
  }

  @Test("A second archive of the same server is refused")
  func secondArchive() throws {
    let policy = try Self.policy()
    let error = #expect(throws: PlanError.self) {
      try BackupPolicyPlanner().plan(
        policy, Self.observed(archiving: .stanza("other")), Fixture.context(policy, offers: Self.embedded))
    }
    #expect(
      error?.message
        == "Database/platform is already archived by BackupPolicy/other, and a server has one archive")
  }

  @Test("A repository in the data folder is refused, and its policy can still leave")
  func repositoryInDataFolder() throws {
    let policy = try Self.policy()
    let observed = BackupPolicyObserved(
      archiving: .here(timeoutSeconds: 300), stanza: .missing, backups: [], restorable: nil,
      place: .insideDataFolder(repository: "/state/data/backups", data: "/state/data"), owner: nil)
    let error = #expect(throws: PlanError.self) {
      try BackupPolicyPlanner().plan(policy, observed, Fixture.context(policy, offers: Self.embedded))
    }
    #expect(
      error?.message.hasSuffix(
        "its repository /state/data/backups lies in the data folder of the server, /state/data") == true)
    let outcome = try BackupPolicyPlanner().plan(nil, observed, Fixture.context(policy))
    #expect(outcome.steps.map(\.operation) == [.stopArchiving])
  }

  @Test("A renamed policy takes over the repository, and its former name stops nothing")
  func renamedPolicy() throws {
    let policy = try Self.policy()
    let former = try Fixture.resource(
      BackupPolicySpec.self, "old",
      #"{"of":"Database/platform","rpo":"15m","repository":{"folder":"backups/ledger"}}"#)
    let moves = Moves([Move(from: former.id, to: policy.id)])
    let reconcile = Fixture.reconcileContext(offers: Self.embedded, moves: moves)
    let observed = Self.observed(owner: Self.owner("old"))
    let outcome = try BackupPolicyPlanner().plan(
      policy, observed,
      PlanContext(
        id: policy.id, lastApplied: nil, reconcile: reconcile, movedFrom: former.map { $0 }))
    #expect(outcome.steps.map(\.operation) == [.recordOwner])
    let left = try BackupPolicyPlanner().plan(
      nil, observed,
      PlanContext(id: former.id, lastApplied: former.map { $0 }, reconcile: reconcile))
    #expect(left.steps.isEmpty)
  }

  @Test("A policy that was interrupted after its rename does not stop the archive under its former name")
  func interruptedRename() throws {
    let former = try Self.policy()
    let holding = Holding(
      thing: .archive(of: .embedded), role: "archive", environment: "test",
      resource: ResourceID(kind: "BackupPolicy", name: "new"), holdsData: false, since: Fixture.now)
    let outcome = try BackupPolicyPlanner().plan(
      nil, Self.observed(),
      PlanContext(
        id: former.id, lastApplied: former.map { $0 },
        reconcile: Fixture.reconcileContext(offers: Self.embedded, holdings: Holdings([holding]))))
    #expect(outcome.steps.isEmpty)
    // Under its new name it does, although the repository still names the former one.
    let new = try BackupPolicyPlanner().plan(
      nil, Self.observed(),
      PlanContext(
        id: holding.resource, lastApplied: former.map { $0 },
        reconcile: Fixture.reconcileContext(offers: Self.embedded, holdings: Holdings([holding]))))
    #expect(new.steps.map(\.operation) == [.stopArchiving])
  }

  @Test("A repository of another owner is a conflict that names it")
  func foreignRepository() throws {
    let policy = try Self.policy()
    let other = Owner(controller: "9c08ac9a", environment: "test", resource: policy.id)
    let error = #expect(throws: PlanError.self) {
      try BackupPolicyPlanner().plan(
        policy, Self.observed(owner: other), Fixture.context(policy, offers: Self.embedded))
    }
    #expect(error?.message.contains("backups/ledger carries the marks of controller 9c08ac9a") == true)
    #expect(error?.hint?.contains("declare another folder") == true)
  }

  @Test("A policy claims the archive, its repository and its stanza")
  func claims() throws {
    let policy = try Self.policy()
    func claims(_ holdings: [Holding] = [], controller: String = "test") -> [ThingClaim] {
      BackupPolicyClaims(stateFolder: "/nonexistent/state").claims(
        of: policy,
        in: ClaimContext(
          environment: "test", controller: controller, environmentMark: "test", offers: Self.embedded,
          holdings: Holdings(holdings)))
    }
    let path = "/nonexistent/state/backups/ledger"
    #expect(
      claims() == [
        ThingClaim(.folder(path: path), field: "spec.repository.folder", role: "repository"),
        ThingClaim(.stanza("ledger", repository: path), field: "metadata.name", role: "stanza"),
        ThingClaim(.archive(of: .embedded), field: "spec.of", role: "archive"),
      ])
    let stanza = Thing.stanza("old", repository: path)
    let held = Holding(
      thing: stanza, role: "stanza", environment: "test", resource: policy.id, holdsData: false,
      since: Fixture.now)
    #expect(claims([held])[1].thing == stanza, "a stanza keeps its name")
    #expect(claims(controller: "")[0].thing == .folder(path: "backups/ledger"), "no state folder is known")
  }

  @Test("A policy that got the archive of another one continues it in its own stanza")
  func archiveTakenOver() throws {
    let policy = try Self.policy()
    let held = Holding(
      thing: .archive(of: .embedded), role: "archive", environment: "test", resource: policy.id,
      holdsData: false, since: Fixture.now)
    let outcome = try BackupPolicyPlanner().plan(
      policy, Self.observed(archiving: .stanza("other")),
      PlanContext(
        id: policy.id, lastApplied: nil,
        reconcile: Fixture.reconcileContext(offers: Self.embedded, holdings: Holdings([held]))))
    #expect(outcome.steps.map(\.operation) == [.archive(timeoutSeconds: 300)])
    #expect(outcome.steps.map(\.risk) == [.safe], "the server is not restarted")
  }

  @Test("A policy waits for its database")
  func waitsForItsDatabase() throws {
    let policy = try Self.policy()
    let outcome = try BackupPolicyPlanner().plan(policy, nil, Fixture.context(policy))
    #expect(outcome.waitingOn == "Database/platform is not declared")
    #expect(outcome.waitsFor == [ResourceID(kind: "Database", name: "platform")])
  }

  static let embedded: Offers = {
    var offers = Offers()
    offers.add(
      .database(DatabaseOffer(address: .embedded(database: "platform"))),
      from: ResourceID(kind: "Database", name: "platform"))
    return offers
  }()

  static func policy() throws -> Resource<BackupPolicySpec> {
    try Fixture.resource(
      BackupPolicySpec.self, "ledger",
      #"{"of":"Database/platform","rpo":"15m","repository":{"folder":"backups/ledger"}}"#)
  }

  static func observed(
    archiving: BackupPolicyObserved.Archiving = .here(timeoutSeconds: 300),
    backups: [BackupRecord] = [backup("2026-11-22T02:00:00Z")], owner: Owner? = mark
  ) -> BackupPolicyObserved {
    BackupPolicyObserved(
      archiving: archiving, stanza: .ready, backups: backups, restorable: Fixture.now, owner: owner)
  }

  static let mark = owner("ledger")

  /// The owner that a policy of the tests' environment writes into a repository.
  static func owner(_ name: String) -> Owner {
    Owner(controller: "test", environment: "test", resource: ResourceID(kind: "BackupPolicy", name: name))
  }
}

/// A full backup of one minute; its label is its start.
func backup(_ began: String) -> BackupRecord {
  let time = Timestamp(began) ?? Fixture.now
  return BackupRecord(
    label: began, isFull: true, began: time, ended: time + TimeSpan(seconds: 60), size: ByteCount(bytes: 1))
}
