import KindTestSupport
import Manifests
import Model
import Recovery
import Testing

@Suite("Manifest of a backup policy") struct BackupPolicySpecTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let reason: String
    let spec: String
    /// A part of the message.
    let problem: String
    var testDescription: String { reason }
  }

  static let table: [Row] = [
    Row(
      reason: "February has no 30th day",
      spec: #"{"of":"Database/a","schedule":"0 2 30 2 *","repository":{"folder":"backups"}}"#,
      problem: "is never due, found ‘0 2 30 2 *’"),
    Row(
      reason: "a repository inside the data folder would back up itself",
      spec: #"{"of":"Database/a","repository":{"folder":"./postgres/data/backups"}}"#,
      problem: "‘./postgres/data/backups’ is not separate from the data folder"),
    Row(
      reason: "a repository that contains the data folder is not separate either",
      spec: #"{"of":"Database/a","repository":{"folder":"postgres"}}"#,
      problem: "‘postgres’ is not separate from the data folder"),
    Row(
      reason: "nor is the state folder itself",
      spec: #"{"of":"Database/a","repository":{"folder":"."}}"#,
      problem: "‘.’ is not separate from the data folder"),
  ]

  @Test("An invalid manifest is refused with its reason", arguments: table)
  func refuses(_ row: Row) throws {
    let error = #expect(throws: Fixture.Refused.self) {
      try Fixture.resource(BackupPolicySpec.self, "nightly", row.spec)
    }
    #expect(error?.description.contains(row.problem) == true, "found: \(error?.description ?? "nothing")")
  }

  @Test("A recorded policy stays readable where the rules became stricter")
  func recordedPolicy() throws {
    let schema = KindSchema(BackupPolicySpec.self)
    let id = ResourceID(kind: "BackupPolicy", name: "nightly")
    var spec = try Fixture.resource(
      BackupPolicySpec.self, "nightly", #"{"of":"Database/a","repository":{"folder":"backups"}}"#
    ).spec
    spec.repository = .folder("postgres/data/backups")
    #expect(throws: InvalidManifest.self) {
      try schema.decode(spec: spec.value, id: id, metadata: Metadata())
    }
    #expect(try schema.decode(recorded: spec.value, id: id).spec as? BackupPolicySpec == spec)
  }
}
