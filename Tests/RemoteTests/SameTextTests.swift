import Model
import Testing

@testable import rendertrust

extension Remote {
  @Suite struct SameText {
    private static let looks: [[String]] = [
      ["environments", "list"], ["environments", "list", "-o", "name"],
      ["get"], ["get", "Ledger", "-o", "json"], ["get", "-o", "yaml"], ["get", "-o", "name"],
      ["get", "Module"], ["get", "-e", "prod"],
      ["describe", "Database/platform"], ["describe", "Ledger/nobody"],
      ["why", "Ledger/credits"], ["why", "Ledger/credits", "-o", "json"], ["why", "Node/none"],
      ["events"], ["events", "Ledger/credits", "-o", "json"], ["events", "--limit", "2"],
      ["history"], ["history", "-o", "json"], ["leases"],
      ["audit"], ["audit", "list", "Ledger/credits", "-o", "json"], ["audit", "verify"],
      ["audit", "verify", "-o", "json"], ["export"], ["export", "Ledger"], ["export", "Nothing"],
      ["credits"], ["credits", "balance", "ada", "-o", "json"], ["credits", "balance", "nobody"],
      ["credits", "statement", "ada"], ["credits", "statement", "ada", "--month", "2020-01", "-o", "json"],
      ["credits", "holds"], ["credits", "holds", "ada", "-o", "json"], ["credits", "--ledger", "other"],
      ["credits", "grant", "ada", "1", "--key", "same"], ["credits", "grant", "ada", "none"],
      ["credits", "grant", "Ada!", "1"],
    ]

    @Test(
      "Each look prints the same with --server as it does where the state is, to the byte and the exit code")
    func looks() async throws {
      try await Served.with { served in
        try served.writeBooks()
        let applied = try await served.local(["apply", served.manifests])
        try #require(applied.exitCode == 0, "\(applied)")
        _ = try await served.local(["credits", "grant", "ada", "2.5", "--key", "same"])
        _ = try await served.local(["credits", "grant", "ada", "1", "--key", "second", "--reason", "thanks"])
        for words in Self.looks {
          let (local, remote) = try await served.both(words)
          #expect(local == remote, "\(words.joined(separator: " "))\n\(local)\n=== with --server\n\(remote)")
        }
      }
    }

    @Test("What applying would do is planned the same from the caller’s files, with their places")
    func plans() async throws {
      try await Served.with { served in
        try served.writeBooks()
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
          """, to: "books.yaml")
        for words in [["plan", folder], ["diff", folder], ["apply", folder]] {
          let (local, remote) = try await served.both(words)
          #expect(local == remote, "\(words)\n\(local)\n=== with --server\n\(remote)")
          #expect(remote.exitCode == 2 && remote.errors.contains("\(folder)/books.yaml:4:"), "\(remote)")
        }
        // Everything leaves, which a guard holds back.
        try served.write("", to: "books.yaml")
        for words in [["plan", folder], ["plan", folder, "-v"], ["diff", folder]] {
          let (local, remote) = try await served.both(words)
          #expect(local == remote, "\(words)\n\(local)\n=== with --server\n\(remote)")
        }
      }
    }
  }
}
