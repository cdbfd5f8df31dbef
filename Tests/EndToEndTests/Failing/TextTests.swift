import Glibc
import Model
import Testing

extension EndToEnd {
  /// Texts of manifests, arguments and requests that reach files, commands and terminals.
  @Suite struct HostileTexts {
    @Test("A line break in the folder of a repository is refused before a state exists")
    func folder() async throws {
      try await Installation.with { installation in
        try installation.write([.environment, .database])
        try installation.write(
          Manifest(
            "BackupPolicy", "b",
            #"""
            of: Database/platform
            repository: {folder: "backups/a\nrepo1-retention-full=1"}
            """#
          ).text, to: "policy.yaml")
        let apply = try await installation.run("apply", installation.manifestFolder)
        #expect(apply.exitCode == 2, "\(apply)")
        #expect(
          apply.errors.contains("policy.yaml:6:24: error: ‘folder’ contains the control character U+000A"))
        #expect(access(installation.state, F_OK) != 0)
      }
    }

    @Test("diff, plan and describe show escapes as codes")
    func escapes() async throws {
      try await Installation.with { installation in
        let image = try installation.image("webImage")
        func service(_ value: String) -> Manifest {
          .service("web", image: image, more: "environment: {A: \"\(value)\"}")
        }
        try installation.write([.environment, service("plain")])
        try await installation.apply()
        try installation.write([service(#"x\e[2J\e[31mred"#)])
        for command in [["diff", installation.manifestFolder], ["plan", installation.manifestFolder]] {
          let shown = try await installation.run(command) { _ in }.outcome
          #expect(shown.output.contains(#"x\u{1B}[2J\u{1B}[31mred"#), "\(shown)")
          #expect(!shown.output.utf8.contains(0x1B) && !shown.errors.utf8.contains(0x1B))
        }
        try await installation.apply()
        for command in [
          ["describe", "Service/web"], ["export"], ["get", "-o", "yaml"], ["get", "-o", "json"], ["events"],
          ["history"], ["audit", "list"], ["audit", "list", "-o", "json"],
        ] {
          let shown = try await installation.run(command) { _ in }.outcome
          #expect(shown.exitCode == 0, "\(shown)")
          #expect(!shown.output.utf8.contains(0x1B) && !shown.errors.utf8.contains(0x1B), "\(command)")
        }
      }
    }

    @Test("An empty key grants nothing")
    func emptyKey() async throws {
      try await Installation.with { installation in
        try installation.write([.environment, .database, .ledger])
        try await installation.apply()
        for key in [["--key", ""], ["--key="]] {
          let grant = try await installation.run(["credits", "grant", "kk", "5"] + key) { _ in }.outcome
          #expect(grant.exitCode == 2 && grant.errors.contains("--key must not be empty"), "\(grant)")
        }
        let hidden = try await installation.run("credits", "grant", "kk", "5", "--key", "a\u{1B}")
        #expect(hidden.exitCode == 2, "\(hidden)")
        let balance = try await installation.run("credits", "balance", "kk")
        #expect(balance.exitCode != 0, "\(balance)")
      }
    }

    @Test("A request with a member twice is refused and changes nothing")
    func duplicateMember() async throws {
      try await Installation.with { installation in
        try installation.write([.environment, .database, .ledger])
        try await installation.apply()
        let token = try await installation.run("token", "create", "ops", "--role", "operator")
        try #require(token.exitCode == 0, "\(token)")
        _ = try await installation.serve { _ in
          #expect(try await installation.isReady())
          let answer = try await installation.shell(
            #"""
            curl -s --unix-socket "$F/a.sock" http://localhost/api/v1/credits/grants \
              -H "Authorization: Bearer \#(token.output.split(separator: "\n")[0])" \
              -H 'Content-Type: application/json' \
              -d '{"account":"a","account":"b","credits":"5","key":"x"}'
            """#)
          #expect(answer.output.contains("invalid_json") && answer.output.contains("twice"), "\(answer)")
          for account in ["a", "b"] {
            let balance = try await installation.run("credits", "balance", account)
            #expect(balance.exitCode != 0, "\(balance)")
          }
        }
      }
    }
  }
}
