import FoundationEssentials
import Model
import PgBackRest
import PostgresSupport
import Testing

/// A step whose lease was taken over while it was paused does not run the program.
@Suite(.timeLimit(.minutes(1))) struct PgBackRestFenceTests {
  @Test("Without the lease nothing is written and no command runs; the repository can be read")
  func commands() async throws {
    try await TestFolder.with { folder in
      let backRest = try PgBackRest(
        PgBackRest.Settings(
          stanza: "s", repository: "\(folder)/repository", workFolder: "\(folder)/work",
          dataFolder: "\(folder)/data", socketFolder: folder, retention: PgBackRest.Retention(full: 2)))
      await MutationFence.$lease.withValue(LeaseCheck(isNeverHeld)) {
        let calls: [@Sendable () async throws -> Void] = [
          { try backRest.writeConfiguration() }, { try await backRest.createStanza() },
          { try backRest.writeNote("{}", named: "note.json") }, { try await backRest.backup(.full) },
          { try await backRest.expire() },
          { try await backRest.restore(into: "\(folder)/restored") },
        ]
        for call in calls {
          let error = await #expect(throws: PgBackRestError.self) { try await call() }
          #expect(error?.code == .leaseLost && error?.retry == .later)
        }
      }
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/work"))
      try backRest.writeConfiguration()
      let info = try await MutationFence.$lease.withValue(LeaseCheck(isNeverHeld)) {
        try await backRest.info()
      }
      #expect(!info.exists)
    }
  }
}

private let isNeverHeld: @Sendable () -> Bool = { false }
