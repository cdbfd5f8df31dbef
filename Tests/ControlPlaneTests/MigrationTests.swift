import Model
import Postgres
import Testing

@testable import ControlPlane

/// Migrations that a released version applied. A database records their digests and refuses edited ones.
@Suite struct MigrationTests {
  struct Released: Sendable, CustomTestStringConvertible {
    let file: String
    let digest: String
    var testDescription: String { file }
  }

  static let databases = [
    Released(
      file: "0001-price-map-entries.sql",
      digest: "d147be439f327e7d9b5deb68d68d591dc1ad726f98578ed28c691629ea3870db"),
    Released(
      file: "0002-ledger.sql", digest: "3be60c5a06fe628f54c7a253b2a46b0004087c72d213d1a21ee22a2a7bf81e7f"),
    Released(
      file: "0003-billing.sql", digest: "37938db74fa4047aadb4738320528be8940ae597b0d444f3b17c28ed27e2a8cf"),
    Released(
      file: "0004-billing-modes.sql",
      digest: "b4da974486e2f5984052f14488b3af5f3a3eb822155b2c2c093d36d482291905"),
    Released(
      file: "0005-scheduling.sql",
      digest: "a2690fb6ea7ef71b2cc25bd2f1549afd764fc8afb47bc796024fb56ff3bea174"),
  ]

  static let state = [
    Released(
      file: "0001-controller-state.sql",
      digest: "09eb3e1a25f354e869ccc93208543f0aab7ae8e5bef8a99fbab4d9f783ee4d41"),
    Released(
      file: "0002-environments.sql",
      digest: "0f888ab405bfa453401ae6c400accd85b21500a014c48c7507e7c945ef139f34"),
    Released(
      file: "0003-leases.sql", digest: "b8cc985c5aba668e88d9eebef6e218bbf4cd6d3897880ab86a77937edebbe797"),
    Released(
      file: "0004-quarantine.sql",
      digest: "d4818f58f1dcae5f46af5217f8af3222002c648654488f97b9c6d6bea2bb08ed"),
    Released(
      file: "0005-audit-trail.sql",
      digest: "d2a678ec19d9397ae07e3871bbd9d08e3932987f0fe39072644c8bdaa41749bc"),
    Released(
      file: "0006-api-tokens.sql",
      digest: "1a66a07062a8cad2436012af881d3091a7cc695680b7c45ddb442747d51e3439"),
  ]

  @Test("A migration of version 0.4.0 keeps its digest", arguments: databases)
  func databaseMigration(_ released: Released) throws {
    try check(released, in: Platform.databaseMigrations)
  }

  @Test("A state migration of version 0.4.0 keeps its digest", arguments: state)
  func stateMigration(_ released: Released) throws {
    try check(released, in: StateSession.stateMigrations)
  }

  private func check(_ released: Released, in migrations: [Migrations.Migration]) throws {
    let migration = try #require(migrations.first { $0.file == released.file })
    #expect(migration.digest.hex == released.digest)
  }

  @Test("Migration numbers are unique and have no gaps")
  func numbers() {
    for migrations in [Platform.databaseMigrations, StateSession.stateMigrations] {
      #expect(migrations.map(\.number).sorted() == Array(1...migrations.count))
    }
  }
}
