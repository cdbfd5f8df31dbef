import FoundationEssentials
import Glibc
import Model
import PostgresSupport
import Subprocess
import Testing

@testable import ControlPlane
@testable import rendertrust

extension Remote {
  /// A running server that follows a folder.
  @Suite struct ServerProgram {
    @Test("The first token permits queries, plans and rollbacks on a server that follows a folder")
    func firstToken() async throws {
      try await TestFolder.with { folder in try await checkFirstToken(in: folder) }
    }

    private func checkFirstToken(in folder: String) async throws {
      let manifests = folder + "/dev"
      try FileManager.default.createDirectory(atPath: manifests, withIntermediateDirectories: true)
      func write(_ prices: Int) throws {
        try """
        apiVersion: rendertrust.com/v1
        kind: Environment
        metadata: {name: dev}
        spec: {mockGPUs: true}
        ---
        apiVersion: rendertrust.com/v1
        kind: Database
        metadata: {name: platform}
        spec: {embedded: {}}
        ---
        apiVersion: rendertrust.com/v1
        kind: Ledger
        metadata: {name: credits}
        spec: {payouts: {cpuMinute: 0.\(prices)}}
        """.write(toFile: manifests + "/all.yaml", atomically: true, encoding: .utf8)
      }
      try write(1)
      let address = "unix://\(folder)/api.sock"
      let log = folder + "/log"
      let line = [
        ServedState.program, "server", manifests, "--state", folder + "/state", "--listen",
        "unix://\(folder)/g.sock", "--api-listen", address, "--resync", "2s",
      ]
      try await withThrowingTaskGroup(of: Void.self) { group in
        let (started, process) = AsyncStream<pid_t>.makeStream()
        group.addTask {
          _ = try await Subprocess.run(
            .name("sh"), arguments: Arguments(["-c", "exec \"$@\" >\(log) 2>&1", "sh"] + line), input: .none,
            output: .discarded, error: .discarded
          ) { process.yield($0.processIdentifier.value) }
        }
        let pid = try #require(await started.first { _ in true })
        let result: Result<Void, any Error>
        do { result = .success(try await operate(address, log, manifests, write)) } catch {
          result = .failure(error)
        }
        kill(pid, SIGTERM)
        try await group.waitForAll()
        try result.get()
      }
    }

    private func operate(
      _ address: String, _ log: String, _ manifests: String, _ write: (Int) throws -> Void
    ) async throws {
      let token = try await eventually("a token") {
        try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
          .first { $0.hasPrefix("first-admin token") }?.split(separator: " ").last.map(String.init)
      }
      func run(_ words: String...) async throws -> CommandOutcome {
        try await ServedState.execute(words + ["--server", address], ["RENDERTRUST_TOKEN": token])
      }
      _ = try await eventually("all to be ready") { () -> Bool? in
        let got = try await run("get", "-o", "json")
        return try readyCount(got.output) == 3 ? true : nil
      }
      let plan = try await run("plan", manifests)
      #expect(plan.exitCode == 0 && plan.output.contains("No changes."), "\(plan)")
      try write(2)
      _ = try await eventually("the folder's change") { () -> Bool? in
        try await run("history", "-o", "json").output.contains("\"revision\": 2") ? true : nil
      }
      let back = try await run("rollback")
      #expect(back.exitCode == 0 && back.output.contains("Quarantined: revision 2."), "\(back)")
      let exported = try await run("export", "Ledger")
      #expect(exported.output.contains("cpuMinute: 0.1"), "\(exported)")
      let other = try await run("apply", manifests)
      #expect(other.exitCode == 4 && other.errors.contains("--override-folder"), "\(other)")
      let over = try await run("apply", manifests, "--override-folder")
      #expect(over.exitCode == 0, "\(over)")
      let history = try await run("history")
      #expect(history.output.contains("first-admin (API)"), "\(history)")
    }

    /// The number of ready resources in the output of `get -o json`.
    private func readyCount(_ text: String) throws -> Int {
      let statuses = try Value.members(["all": Value(json: text)]).list(at: "all") ?? []
      return statuses.count { status in
        (status.list(at: "conditions") ?? []).contains {
          $0["type"] == .string("Ready") && $0["status"] == .bool(true)
        }
      }
    }

    private func eventually<Found>(_ name: String, _ find: () async throws -> Found?) async throws -> Found {
      for _ in 0..<600 {
        if let found = try? await find() { return found }
        try await Task.sleep(for: .milliseconds(100))
      }
      throw SupportError("timeout without \(name)")
    }
  }
}
