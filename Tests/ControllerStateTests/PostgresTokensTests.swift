import ControllerState
import Model
import Postgres
import PostgresSupport
import Reconciling
import Testing

@Suite(.timeLimit(.minutes(1))) struct PostgresTokensTests {
  private static func token(_ name: String, _ digit: Character, role: String = "viewer") -> StoredToken {
    StoredToken(
      name: name, role: role, subject: role == "creator" ? "ada" : nil,
      hash: String(repeating: digit, count: 64), createdAt: Timestamp(seconds: 1_700_000_000),
      createdBy: "tester", expiresAt: name == "short" ? Timestamp(seconds: 1_800_000_000) : nil)
  }

  private static func with(_ body: (PostgresTokens, PostgresPool) async throws -> Void) async throws {
    try await TestDatabase.with { pool in
      try await Migrations(ControllerState.migrations).apply(to: pool)
      try await body(PostgresTokens(pool: pool), pool)
    }
  }

  @Test("A token is found by its hash before and after it is revoked")
  func tokenIsFoundByHash() async throws {
    try await Self.with { tokens, _ in
      #expect(try await tokens.add(Self.token("ada", "a", role: "creator")))
      #expect(try await tokens.add(Self.token("short", "b")))
      let found = try await tokens.token(hash: String(repeating: "a", count: 64))
      #expect(found?.name == "ada" && found?.subject == "ada" && found?.revokedAt == nil)
      #expect(try await tokens.token(hash: String(repeating: "c", count: 64)) == nil)
      let time = Timestamp(seconds: 1_700_000_100)
      #expect(try await tokens.revoke("ada", at: time, by: "x")?.revokedAt == time)
      #expect(try await tokens.revoke("ada", at: time + TimeSpan(seconds: 9), by: "y")?.revokedAt == time)
      #expect(try await tokens.revoke("eve", at: time, by: "x") == nil)
      #expect(try await tokens.token(hash: String(repeating: "a", count: 64))?.revokedAt == time)
      let all = try await tokens.all()
      #expect(all.map(\.name) == ["ada", "short"])
      #expect(all[1].expiresAt == Timestamp(seconds: 1_800_000_000))
      #expect(all[0].lastUsedAt != nil && all[1].lastUsedAt == nil, "finding a token records its use")
    }
  }

  @Test("Names and hashes are unique, and only one first token is added")
  func namesAndHashesAreUnique() async throws {
    try await Self.with { tokens, _ in
      async let one = tokens.addFirst(Self.token("first", "1", role: "admin"))
      async let two = tokens.addFirst(Self.token("first", "2", role: "admin"))
      let added = try await [one, two]
      #expect(added.filter(\.self).count == 1)
      #expect(try await tokens.addFirst(Self.token("other", "3", role: "admin")) == false)
      #expect(try await tokens.add(Self.token("first", "4")) == false, "a name stays taken")
      await #expect(throws: StoreError.self) {
        _ = try await tokens.add(
          StoredToken(
            name: "odd", role: "king", subject: nil, hash: String(repeating: "5", count: 64),
            createdAt: Timestamp(seconds: 0), createdBy: "t", expiresAt: nil))
      }
    }
  }
}
