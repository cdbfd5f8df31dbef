import DockerEngine
import DockerSupport
import Model
import Postgres
import Subprocess
import Testing

extension EndToEnd {
  @Suite struct Secrets {
    @Test("A secret value reaches its container and no output, table or file")
    func neverShown() async throws {
      try await Installation.with { installation in
        let value = "s3cr3t-\(UInt64.random(in: 0...UInt64.max))"
        let variables: Installation.Variables = ["E2E_SECRET": value]
        let web = try installation.image("webImage")
        let environment = "environment: {PASSWORD: {env: E2E_SECRET}}"
        try installation.write([
          .environment, .service("web", image: web, more: environment),
          // Prints its secret before it fails; the error contains the last lines of its output.
          Manifest(
            "Service", "leaky",
            """
            image: "\(web)"
            command: [sh, -c, 'echo "my password is $PASSWORD"; exit 3']
            \(environment)
            """),
        ])
        var texts: [(command: String, text: String)] = []
        func read(_ arguments: String...) async throws {
          let outcome = try await installation.run(arguments, variables: variables) { _ in }.outcome
          texts.append((arguments.joined(separator: " "), outcome.output + outcome.errors))
        }
        try await read("plan", installation.manifestFolder, "--verbose")
        try await read(
          "plan", installation.manifestFolder, "-o", "json", "--out", installation.folder + "/kept.plan")
        try await read("apply", installation.manifestFolder)
        #expect(
          texts[2].text.contains("my password is"), "the error has no lines of the container: \(texts[2])")
        for id in ["Service/web", "Service/leaky"] {
          try await read("describe", id)
          try await read("why", id)
        }
        for arguments in [
          ["events", "-o", "json"], ["events"], ["get", "-o", "yaml"], ["get", "-o", "json"],
        ] {
          let outcome = try await installation.run(arguments, variables: variables) { _ in }.outcome
          texts.append((arguments.joined(separator: " "), outcome.output + outcome.errors))
        }
        for (command, text) in texts {
          #expect(!text.contains(value), "the secret is in the output of `\(command)`")
        }
        let container = try await installation.container(of: "Service/web")
        #expect(
          try await installation.engine.inspectContainer(container.id)?.environmentNames.contains("PASSWORD")
            == true)
        try await expectNoTrace(of: value, installation)
      }
    }

    /// Searches every row of the state database and every file of the state folder: tables, WAL and logs.
    private func expectNoTrace(of value: String, _ installation: Installation) async throws {
      let tables = try await installation.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
      #expect(tables.count >= 7)
      for row in tables {
        let table = try row.text(0)
        let found = try await installation.query(
          "SELECT count(*) FROM \(table) AS t WHERE t::text LIKE '%' || $1 || '%'", [.text(value)])
        #expect(try found.only().int(0) == 0, "the secret is in the table \(table)")
      }
      let search = try await Subprocess.run(
        .name("grep"), arguments: ["-rlF", value, installation.folder], output: .string(limit: 1 << 20))
      #expect(search.standardOutput.isEmpty, "the secret is in these files: \(search.standardOutput)")
      #expect(search.terminationStatus == .exited(1))
    }
  }
}
