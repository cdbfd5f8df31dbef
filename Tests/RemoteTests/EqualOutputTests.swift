import Model
import Testing

@testable import rendertrust

extension Remote {
  /// Commands print the same output with --server and on the state.
  @Suite struct EqualOutput {
    private static let queries: [[String]] = [
      ["environments", "list"], ["environments", "list", "-o", "name"],
      ["get"], ["get", "Ledger", "-o", "json"], ["get", "-o", "yaml"], ["get", "-o", "name"],
      ["get", "Module"], ["get", "-e", "prod"],
      ["describe", "Database/platform"], ["describe", "Ledger/none"],
      ["why", "Ledger/credits"], ["why", "Ledger/credits", "-o", "json"], ["why", "Node/none"],
      ["events"], ["events", "Ledger/credits", "-o", "json"], ["events", "--limit", "2"],
      ["history"], ["history", "-o", "json"], ["leases"],
      ["audit"], ["audit", "list", "Ledger/credits", "-o", "json"], ["audit", "verify"],
      ["audit", "verify", "-o", "json"], ["export"], ["export", "Ledger"], ["export", "Nothing"],
      ["credits"], ["credits", "balance", "ada", "-o", "json"], ["credits", "balance", "none"],
      ["credits", "statement", "ada"], ["credits", "statement", "ada", "--month", "2020-01", "-o", "json"],
      ["credits", "holds"], ["credits", "holds", "ada", "-o", "json"], ["credits", "--ledger", "other"],
      ["credits", "grant", "ada", "1", "--key", "same"], ["credits", "grant", "ada", "none"],
      ["credits", "grant", "Ada!", "1"],
    ]

    @Test(
      "Queries print the same output and exit code")
    func queries() async throws {
      try await ServedState.with { served in
        try served.writeLedger()
        let applied = try await served.local(["apply", served.manifests])
        try #require(applied.exitCode == 0, "\(applied)")
        _ = try await served.local(["credits", "grant", "ada", "2.5", "--key", "same"])
        _ = try await served.local(["credits", "grant", "ada", "1", "--key", "second", "--reason", "thanks"])
        for words in Self.queries {
          let (local, remote) = try await served.both(words)
          #expect(local == remote, "\(words.joined(separator: " "))\n\(local)\n=== with --server\n\(remote)")
        }
      }
    }

    @Test("Plans of the caller's files are equal, including locations of errors")
    func plans() async throws {
      try await ServedState.with { served in
        try served.writeLedger()
        let folder = served.manifests
        for words in [
          ["plan", folder], ["plan", folder, "-o", "json"], ["plan", folder, "--detailed-exitcode"],
          ["diff", folder], ["plan", "\(folder)/nowhere.yaml"],
        ] {
          let (local, remote) = try await served.both(words)
          #expect(local == remote, "\(words)\n\(local)\n=== with --server\n\(remote)")
        }
        try #require(try await served.local(["apply", folder]).exitCode == 0)
        try served.write(
          """
          apiVersion: rendertrust.com/v1
          kind: Ledger
          metadata: {name: credits}
          spec: {payouts: {cpuMinute: "${minutes}", cpuHour: 3}}
          """, to: "ledger.yaml")
        for words in [["plan", folder], ["diff", folder], ["apply", folder]] {
          let (local, remote) = try await served.both(words)
          #expect(local == remote, "\(words)\n\(local)\n=== with --server\n\(remote)")
          #expect(remote.exitCode == 2 && remote.errors.contains("\(folder)/ledger.yaml:4:"), "\(remote)")
        }
        // Removes every resource, which a guard blocks.
        try served.write("", to: "ledger.yaml")
        for words in [["plan", folder], ["plan", folder, "-v"], ["diff", folder]] {
          let (local, remote) = try await served.both(words)
          #expect(local == remote, "\(words)\n\(local)\n=== with --server\n\(remote)")
        }
      }
    }
  }
}
