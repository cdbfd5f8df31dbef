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
        backups: [backup("2026-11-22T02:00:00Z")], restorable: Fixture.now),
      steps: ["write the backup configuration of ledger"]),
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
        policy, Self.observed(archiving: .policy("other")), Fixture.context(policy, offers: Self.embedded))
    }
    #expect(
      error?.message
        == "Database/platform is already archived by BackupPolicy/other, and a server has one archive")
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
    backups: [BackupRecord] = [backup("2026-11-22T02:00:00Z")]
  ) -> BackupPolicyObserved {
    BackupPolicyObserved(archiving: archiving, stanza: .ready, backups: backups, restorable: Fixture.now)
  }
}

/// A full backup of one minute; its label is its start.
func backup(_ began: String) -> BackupRecord {
  let time = Timestamp(began) ?? Fixture.now
  return BackupRecord(
    label: began, isFull: true, began: time, ended: time + TimeSpan(seconds: 60), size: ByteCount(bytes: 1))
}
