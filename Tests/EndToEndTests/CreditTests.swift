import DockerSupport
import FoundationEssentials
import Model
import Postgres
import Subprocess
import Testing

extension EndToEnd {
  /// The commands on credits and the ledger.
  @Suite struct Credits {
    @Test(
      "A grant is idempotent, amounts are exact, and tampering with the ledger is detected"
    )
    func grants() async throws {
      try await Installation.with { installation in
        try installation.write([.environment, .database, .ledger])
        try await installation.apply()
        let plan = try await installation.run("plan", installation.manifestFolder, "--detailed-exitcode")
        #expect(plan.exitCode == 0, "\(plan)")

        for _ in 0..<2 {
          let given = try await installation.run(
            "credits", "grant", "account/ada", "25.000001", "--key", "welcome")
          #expect(given.exitCode == 0 && given.output.contains("; 25.000001 available"), "\(given)")
        }
        let other = try await installation.run("credits", "grant", "ada", "24", "--key", "welcome")
        #expect(other.exitCode == 1 && other.errors.contains("for another call"), "\(other)")
        let balances = try await installation.run("credits", "-o", "json").json()
        let ada = try #require(balances.elements.first { $0["account"] == .string("ada") })
        #expect(ada["available"] == .string("25.000001") && ada["kind"] == .string("creator"))
        let statement = try await installation.run("credits", "statement", "ada", "-o", "json").json()
        #expect(statement["closing"] == .string("25.000001"))
        let page = try await installation.run("credits", "statement", "ada", "-o", "html")
        #expect(page.output.hasPrefix("<!doctype html>") && page.output.contains("<h1>Invoice</h1>"))
        #expect(try await installation.run("credits", "holds").output == "There are no open holds.\n")

        #expect(try await installation.run("ledger", "verify").exitCode == 0)
        func execute(_ sql: String) async throws { try await installation.query(sql, in: "platform") }
        try await execute("ALTER TABLE ledger_entries DISABLE TRIGGER ALL")
        try await execute("UPDATE ledger_entries SET amount_micro = amount_micro + 1")
        let verified = try await installation.run("ledger", "verify")
        #expect(verified.exitCode == 1 && verified.errors.contains("ada, entry 1:"), "\(verified)")
        let drift = try await installation.run("plan", installation.manifestFolder, "--detailed-exitcode")
        #expect(drift.exitCode == 3 && drift.output.contains("triggers"), "\(drift)")
        try await execute("UPDATE ledger_entries SET amount_micro = amount_micro - 1")
        try await installation.apply()
        #expect(try await installation.run("ledger", "verify").exitCode == 0)
        await #expect(throws: PostgresError.self) { try await execute("DELETE FROM ledger_entries") }
      }
    }

    @Test("An invalid grant is refused with a reason and writes no entry")
    func refusals() async throws {
      try await Installation.with { installation in
        try installation.write([.environment, .database, .ledger])
        try await installation.apply()
        for (words, code, reason) in Self.refused {
          let outcome = try await installation.run(["credits", "grant"] + words) { _ in }.outcome
          #expect(outcome.exitCode == code && outcome.errors.contains(reason), "\(words): \(outcome)")
        }
        let entries = try await installation.query("SELECT count(*) FROM ledger_entries", in: "platform")
        #expect(try entries.only().int(0) == 0)
      }
    }

    private static let refused: [([String], Int32, String)] = [
      (["ada", "0"], 2, "are not above 0"),
      (["ada", "--", "-5"], 2, "are not above 0"),
      (["ada", "10cr"], 2, "‘10cr’ is not a number of credits"),
      (["ada", "0.0000001"], 2, "not a number of credits"),
      (["ada", "1000000001"], 2, "at most 1000000000"),
      (["ada", "99999999999999"], 2, "not a number of credits"),
      (["Ada Lovelace", "1"], 2, "is not the name of an account"),
      (["stripe", "1"], 2, "cannot pay itself"),
      (["ada", "1", "--from", "zoe"], 1, "there is no account ‘zoe’"),
      (["ada", "1", "--from", "platform"], 1, "that many credits"),
    ]

    @Test("Days are exported and verified; an erased name remains in no export and no table")
    func exports() async throws {
      try await Installation.with { installation in
        let ledger = Manifest(
          "Ledger", "credits", "payouts: {cpuMinute: 0.1}\nexport: {to: {folder: exports}}")
        try installation.write([.environment, .database, ledger])
        try await installation.apply()
        try await installation.query(
          "INSERT INTO accounts (name, kind) VALUES ('lovelace', 'creator')", in: "platform")
        try await installation.query(
          """
          SELECT * FROM ledger_execute(
            now() - interval '2 days', '{transfer}', ARRAY[sha256('k')], ARRAY[sha256('d')], '{stripe}',
            ARRAY[NULL]::bigint[], ARRAY[NULL]::bigint[], '{gift}', ARRAY[NULL]::bigint[],
            '{1}', '{lovelace}', '{5}', '{grant}', ARRAY[NULL]::bigint[])
          """, in: "platform")
        _ = try await installation.run("credits", "grant", "lovelace", "1")
        let early = try await installation.run("ledger", "export", "--date", "2999-01-01")
        #expect(early.exitCode == 1 && early.errors.contains("is not over"), "\(early)")
        #expect(try await installation.run("ledger", "export", "--date", "yesterday").exitCode == 2)
        let written = try await installation.run("ledger", "export")
        #expect(
          written.exitCode == 0 && written.output.contains("1 entries, 0 usage  written to"), "\(written)")
        let proved = try await installation.run("ledger", "export", "--verify")
        #expect(proved.exitCode == 0 && proved.output.contains("2 days in"), "\(proved)")

        let held = try await installation.run("ledger", "erase", "lovelace")
        #expect(held.exitCode == 4 && held.errors.contains("pass --yes"), "\(held)")
        let erased = try await installation.run("ledger", "erase", "lovelace", "--yes")
        #expect(erased.exitCode == 0 && erased.output.contains("1 of 1 exports rewritten"), "\(erased)")
        #expect(try await installation.run("ledger", "verify").exitCode == 0)
        #expect(try await installation.run("ledger", "export", "--verify").exitCode == 0)
        let left = try await Subprocess.run(
          .name("grep"), arguments: ["-rl", "lovelace", "\(installation.state)/exports"],
          output: .string(limit: 4096),
          error: .discarded)
        #expect(left.standardOutput == "")
        let accounts = try await installation.run("credits", "-o", "name").output
        #expect(!accounts.contains("lovelace") && accounts.contains("erased-"))

        try FileManager.default.removeItem(atPath: "\(installation.state)/exports/entries")
        let broken = try await installation.run("ledger", "export", "--verify")
        #expect(broken.exitCode == 1 && broken.errors.contains("part-0000.parquet"), "\(broken)")
      }
    }

    @Test("A missing ledger or account is an error with a hint")
    func missing() async throws {
      try await Installation.with { installation in
        try installation.write([.environment, .database])
        try await installation.apply()
        let none = try await installation.run("credits")
        #expect(none.exitCode == 2 && none.errors.contains("no Ledger is applied in dev"), "\(none)")
        try installation.write([.ledger])
        try await installation.apply()
        _ = try await installation.run("credits", "grant", "ada", "1")
        let unknown = try await installation.run("credits", "statement", "adda")
        #expect(unknown.exitCode == 1 && unknown.errors.contains("did you mean `ada`?"), "\(unknown)")
      }
    }
  }
}
