import KindTestSupport
import Manifests
import Model
import Planning
import Recovery
import Testing

@Suite struct BackupPolicyPlannerTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let reason: String
    var isDesired = true
    let observed: BackupPolicyObserved?
    let steps: [String]
    var risk = Risk.safe
    var testDescription: String { reason }
  }

  @Test func tellsTheGuardsHowFreshItIs() throws {
    let policy = try Fixture.resource(
      BackupPolicySpec.self, "ledger",
      #"{"of":"Database/platform","rpo":"15m","repository":{"folder":"backups"}}"#)
    let facts = BackupPolicyPlanner().facts(policy, Self.seen(), Fixture.context(policy))
    #expect(
      facts == [
        .backup(
          BackupFact(
            of: ResourceID(kind: "Database", name: "platform"), restorable: Self.seen().restorable,
            limit: TimeSpan(seconds: 900)))
      ])
  }

  static let archive = "archive WAL at least every 5m while there are changes"
  static let backUp = "make a full backup of Database/platform"

  static let table: [Row] = [
    Row(
      reason: "a new policy gets its repository, its archive and a first backup", observed: nil,
      steps: ["create the backup repository of ledger", "\(archive), restarting the server", backUp],
      risk: .disruptive),
    Row(reason: "a policy in force needs nothing", observed: seen(), steps: []),
    Row(
      reason: "an archive switched off by hand is switched on, which restarts the server",
      observed: seen(archiving: .off), steps: ["\(archive), restarting the server"], risk: .disruptive),
    Row(
      reason: "a configuration file that is missing or differs is written again",
      observed: BackupPolicyObserved(
        archiving: .here(timeoutSeconds: 300), isConfigured: false, stanza: .ready,
        backups: [backup("2026-11-22T02:00:00Z")], restorable: Fixture.now),
      steps: ["write the backup configuration of ledger"]),
    Row(
      reason: "another archive command is put right without a restart", observed: seen(archiving: .elsewhere),
      steps: [archive]),
    Row(
      reason: "a third of the RPO changed", observed: seen(archiving: .here(timeoutSeconds: 60)),
      steps: [archive]),
    Row(
      reason: "the nightly backup is due since two o'clock",
      observed: seen(backups: [backup("2026-11-21T02:00:00Z")]), steps: [backUp]),
    Row(
      reason: "nights that were missed are made up for once",
      observed: seen(backups: [backup("2026-11-10T02:00:00Z")]), steps: [backUp]),
    Row(
      reason: "a backup made by hand at noon does for the past night, not for the next",
      observed: seen(backups: [backup("2026-11-22T11:00:00Z")]), steps: []),
    Row(
      reason: "what no rule keeps is expired",
      observed: seen(backups: [backup("2026-11-22T01:00:00Z"), backup("2026-11-22T02:00:00Z")]),
      steps: ["expire backup 2026-11-22T01:00:00Z"]),
    Row(
      reason: "a policy that left stops archiving and deletes nothing", isDesired: false, observed: seen(),
      steps: ["stop archiving WAL, restarting the server; the repository and its backups stay"],
      risk: .disruptive),
    Row(
      reason: "a policy that left and is stopped needs nothing, though its repository is there",
      isDesired: false, observed: seen(archiving: .off), steps: []),
  ]

  @Test(arguments: table) func decides(_ row: Row) throws {
    let policy = try Self.policy()
    let outcome = try BackupPolicyPlanner().plan(
      row.isDesired ? policy : nil, row.observed, Fixture.context(policy, offers: Self.embedded))
    #expect(outcome.steps.map(\.summary) == row.steps)
    #expect((outcome.steps.map(\.risk).max() ?? .safe) == row.risk)
  }

  @Test func refusesAnExternalServer() throws {
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

  @Test func refusesASecondArchiveOfTheSameServer() throws {
    let policy = try Self.policy()
    let error = #expect(throws: PlanError.self) {
      try BackupPolicyPlanner().plan(
        policy, Self.seen(archiving: .policy("other")), Fixture.context(policy, offers: Self.embedded))
    }
    #expect(
      error?.message
        == "Database/platform is already archived by BackupPolicy/other, and a server has one archive")
  }

  @Test func waitsForItsDatabase() throws {
    let policy = try Self.policy()
    let outcome = try BackupPolicyPlanner().plan(policy, nil, Fixture.context(policy))
    #expect(outcome.waitingOn == "Database/platform is not declared")
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

  static func seen(
    archiving: BackupPolicyObserved.Archiving = .here(timeoutSeconds: 300),
    backups: [BackupRecord] = [backup("2026-11-22T02:00:00Z")]
  ) -> BackupPolicyObserved {
    BackupPolicyObserved(archiving: archiving, stanza: .ready, backups: backups, restorable: Fixture.now)
  }
}

/// A full backup that took a minute; its label is when it began.
func backup(_ began: String) -> BackupRecord {
  let time = Timestamp(began) ?? Fixture.now
  return BackupRecord(
    label: began, isFull: true, began: time, ended: time + TimeSpan(seconds: 60), size: ByteCount(bytes: 1))
}
