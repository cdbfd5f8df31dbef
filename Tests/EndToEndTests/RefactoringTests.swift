import FoundationEssentials
import Postgres
import RandomSupport
import RefactoringSupport
import Testing

extension EndToEnd {
  /// Generated refactorings with the built program on a real server and a real engine.
  @Suite struct Refactorings {
    /// The seeds that share a server: few, so that a failure ends no others and the time limit holds.
    private static let blockSize = 5

    /// `RENDERTRUST_REFACTORINGS`, which `make soak` sets, else three.
    private static let count =
      ProcessInfo.processInfo.environment["RENDERTRUST_REFACTORINGS"].flatMap { Int($0) } ?? 3

    /// The first seed, to replay one; 1 by default.
    private static let first =
      ProcessInfo.processInfo.environment["RENDERTRUST_REFACTORING"].flatMap { Int($0) } ?? 1

    @Test(
      "Data that is declared before and after a refactoring survives it in one apply",
      arguments: Array(stride(from: first, to: first + count, by: blockSize)))
    func refactorings(from first: Int) async throws {
      try await Installation.with { installation in
        // All commands use the server that runs meanwhile.
        let server = PostgresServer(stateFolder: installation.state)
        try await server.start()
        let result: Result<Void, any Error>
        do {
          for seed in first..<min(first + Self.blockSize, Self.first + Self.count) {
            try await RefactoringTrial(seed: UInt64(seed), installation, server).run()
          }
          result = .success(())
        } catch {
          result = .failure(error)
        }
        try await server.stop()
        try result.get()
      }
    }
  }
}
