import ContainerSupport
import DockerEngine
import DockerSupport
import FoundationEssentials
import Glibc
import Model
import Postgres
import RandomSupport
import Testing

extension EndToEnd {
  @Suite struct Crash {
    @Test(
      "After 20 kills at random times, apply converges without duplicates, leftovers or open steps")
    func kills() async throws {
      let seed = getenv("SEED").flatMap { UInt64(String(cString: $0)) } ?? .random(in: 0...999_999)
      print("SEED=\(seed)")
      var generator = SeededRandom(seed: seed)
      let (waits, kills) = ((0..<20).map { _ in Double.random(in: 0.02...1, using: &generator) }, 20)
      try await Installation.with { installation in
        for key in ["echoImage", "echoImageNext", "webImage"] { _ = try await installation.bed.pulled(key) }
        let variants = [try Crash.variant(0, installation), try Crash.variant(1, installation)]
        #expect(variants[0].count == 30 && variants[1].count == 30)
        try installation.write(variants[0])
        try await installation.apply()
        try installation.replace(variants[1])
        let whole = try await ContinuousClock().measure { try await installation.apply() }

        var killed = 0
        for round in 0..<kills {
          try installation.replace(variants[round % 2])
          let outcome = try await installation.run(["apply", installation.manifestFolder, "--allow-prune"]) {
            pid in
            try await ContinuousClock().sleep(for: whole * waits[round])
            kill(pid, SIGKILL)
          }.outcome
          if outcome.exitCode == -SIGKILL { killed += 1 }
          let servers = try installation.serverCount()
          #expect(servers <= 1, "seed \(seed), round \(round): \(servers) servers")
        }
        #expect(killed >= kills / 2, "seed \(seed): only \(killed) of \(kills) applies were cut short")
        for variant in variants {
          try installation.replace(variant)
          try await check(installation, variant, seed)
        }
        let interrupted = try await installation.query(
          "SELECT count(*) FROM journal WHERE outcome = 'interrupted'"
        ).only().int(0)
        #expect(interrupted > 0, "seed \(seed): no kill came in the middle of a step")
      }
    }

    private func check(_ installation: Installation, _ variant: [Manifest], _ seed: UInt64) async throws {
      let applied = try await installation.run("apply", installation.manifestFolder, "--allow-prune")
      #expect(applied.exitCode == 0, "seed \(seed): \(applied)")
      let plan = try await installation.run("plan", installation.manifestFolder, "--detailed-exitcode")
      #expect(plan.exitCode == 0, "seed \(seed): \(plan)")
      let wanted = variant.map(\.id).filter { $0.hasPrefix("Module/") || $0.hasPrefix("Service/") }
      let found = try await installation.containers()
      #expect(
        found.compactMap { $0.labels[ContainerLabels.resource] }.sorted() == wanted.sorted(), "seed \(seed)")
      #expect(found.allSatisfy { $0.status == .running }, "seed \(seed)")
      let open = try await installation.query("SELECT count(*) FROM journal WHERE outcome IS NULL").only()
        .int(0)
      #expect(open == 0, "seed \(seed): \(open) steps of the journal have no outcome")
      let maps = variant.map(\.id).filter { $0.hasPrefix("PriceMap/") }
      let current = try await installation.query(
        """
        SELECT 'PriceMap/' || map FROM price_map_entries WHERE superseded_at IS NULL ORDER BY map COLLATE "C"
        """, in: "platform")
      #expect(
        try current.map { row throws(PostgresError) in try row.text(0) } == maps.sorted(), "seed \(seed)")
      #expect(try await installation.hasStopped(), "seed \(seed): a server was left running")
    }

    /// One of two folders of 30 resources. Most resources differ between the folders, and each folder has one
    /// module, one service and one price map that the other does not have.
    private static func variant(_ number: Int, _ installation: Installation) throws -> [Manifest] {
      let echo = try installation.image(number == 0 ? "echoImage" : "echoImageNext")
      let web = try installation.image("webImage")
      let modules =
        (0..<3).map { Manifest.module("m\($0)", image: echo) } + [.module("only-\(number)", image: echo)]
      let services = (0..<4).map { index in
        Manifest.service(
          "s\(index)", image: web, more: "environment: {VARIANT: \"\(index < 2 ? number : 0)\"}")
      }
      let maps = (0..<17).map { Manifest.prices("p\($0)", ["price_\($0)": 10 + number]) }
      return [.environment, .database, .node("cpu-1")] + modules + services
        + [.service("only-\(number)", image: web), .prices("only-\(number)", ["price_only\(number)": 5])]
        + maps
    }
  }
}

extension Installation {
  /// Replaces all manifests.
  fileprivate func replace(_ manifests: [Manifest]) throws {
    let wanted = Set(manifests.map(\.file))
    for file in try FileManager.default.contentsOfDirectory(atPath: manifestFolder)
    where !wanted.contains(file) {
      try remove(file)
    }
    try write(manifests)
  }
}
