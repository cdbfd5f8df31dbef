import DockerEngine
import DockerSupport
import FoundationEssentials
import Glibc
import Model
import Postgres
import Subprocess
import Testing

extension EndToEnd {
  /// A newer revision preempts steps of an older one.
  @Suite struct Preemption {
    private static func service(
      _ name: String, _ installation: Installation, path: String, variant: Int = 0
    ) throws -> Manifest {
      Manifest(
        "Service", name,
        """
        image: "\(try installation.image("webImage"))"
        health: {http: {port: 8080, path: \(path)}, within: 60s}
        environment: {VARIANT: "\(variant)"}
        \(Manifest.limits)
        """)
    }

    private func now() -> Timestamp {
      var time = timespec()
      clock_gettime(CLOCK_REALTIME, &time)
      return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    /// Start of the first step of a resource after a revision; nil before that.
    private func begun(_ id: String, after revision: Int64, _ installation: Installation) async throws
      -> Timestamp?
    {
      try await installation.query(
        "SELECT intent_at FROM journal WHERE resource = $1 AND revision > $2 ORDER BY sequence LIMIT 1",
        [.text(id), .int(revision)]
      ).first?.timestamp(0)
    }

    /// Runs git in the manifest folder.
    /// - Returns: its output, trimmed.
    @discardableResult
    private func git(_ arguments: String..., in installation: Installation) async throws -> String {
      let identity = ["-c", "user.name=tester", "-c", "user.email=tester@localhost"]
      let result = try await Subprocess.run(
        .name("git"), arguments: Arguments(["-C", installation.manifestFolder] + identity + arguments),
        input: .none, output: .string(limit: 1 << 20), error: .combinedWithOutput)
      try #require(result.terminationStatus.isSuccess, "git \(arguments): \(result.standardOutput)")
      return result.standardOutput.split(separator: "\n").joined(separator: "\n")
    }

    /// Waits for the first step of a resource after a revision.
    /// - Returns: the time from `changed` to its start.
    private func delay(
      of id: String, after revision: Int64, since changed: Timestamp, _ installation: Installation
    )
      async throws -> TimeSpan?
    {
      var answer: Timestamp?
      _ = try await installation.eventually(within: 20) {
        answer = try await begun(id, after: revision, installation)
        return answer != nil
      }
      return answer.map { $0 - changed }
    }

    private func isReady(_ id: String, _ installation: Installation) async throws -> Bool {
      try await installation.eventually(within: 20) {
        try await installation.statuses().contains {
          $0["id"] == .string(id) && $0.json.contains(#""reason":"AsDeclared""#)
        }
      } != nil
    }

    @Test("A step that waits for an unhealthy service is superseded within 1 s of a fix")
    func preempted() async throws {
      try await Installation.with { installation in
        try await git("init", "-q", "-b", "good", in: installation)
        let (web, slow) = (
          try Self.service("web", installation, path: "/health", variant: 1),
          try Self.service("slow", installation, path: "/health", variant: 1)
        )
        try installation.write([.environment, try Self.service("web", installation, path: "/nowhere"), slow])
        try await git("add", ".", in: installation)
        try await git("commit", "-q", "-m", "good", in: installation)
        try await git("checkout", "-q", "-b", "bad", in: installation)
        try installation.write([try Self.service("slow", installation, path: "/nowhere")])
        try await git("commit", "-q", "-a", "-m", "bad", in: installation)
        let up = try await installation.up("--resync", "30s") { _ in
          let isWaiting = try await installation.eventually(within: 30) {
            try await installation.containers().count { $0.status == .running } == 2
          }
          #expect(isWaiting != nil)

          var changed = now()
          try installation.write([web])
          let first = try await delay(of: "Service/web", after: 1, since: changed, installation)
          print("from the file to the first step: \(first.map { "\($0.milliseconds) ms" } ?? "never")")
          #expect(try #require(first) < TimeSpan(seconds: 1))
          #expect(try await isReady("Service/web", installation))
          let outcomes = try await installation.query(
            """
            SELECT resource || ' ' || revision || ' ' || coalesce(outcome, 'open') FROM journal
            ORDER BY sequence
            """)
          let steps = try outcomes.map { row throws(PostgresError) in try row.text(0) }
          #expect(steps.contains("Service/web 1 superseded"), "\(steps)")
          #expect(steps.contains("Service/slow 1 open"), "an unchanged resource was preempted: \(steps)")

          changed = now()
          try await git("checkout", "-q", "good", in: installation)
          let second = try await delay(of: "Service/slow", after: 2, since: changed, installation)
          print("from git checkout to the first step: \(second.map { "\($0.milliseconds) ms" } ?? "never")")
          #expect(try #require(second) < TimeSpan(seconds: 1))
          #expect(try await isReady("Service/slow", installation))
          let commit = try await installation.query(
            "SELECT commit FROM revisions ORDER BY number DESC LIMIT 1")
          #expect(try await commit.only().text(0) == git("rev-parse", "good", in: installation))
        }
        #expect(up.outcome.exitCode == 0, "\(up.outcome)")
      }
    }
  }
}
