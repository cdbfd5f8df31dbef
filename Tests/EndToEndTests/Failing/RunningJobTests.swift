import ContainerSupport
import DockerEngine
import DockerSupport
import FoundationEssentials
import Model
import Postgres
import RandomSupport
import Synchronization
import Testing

extension EndToEnd {
  /// Containers with running jobs that are changed or removed, and nodes that leave.
  @Suite struct RunningJobs {
    /// A module whose jobs take some time. An attempt reports its first of two units at once.
    private static func module(
      _ name: String, _ image: String, seconds: Int, replicas: Int = 1, drain: String = "5m"
    ) -> Manifest {
      let script = #"echo '{\"progress\": {\"units\": 1}}' >&2; sleep \#(seconds); echo '{}'"#
      return Manifest(
        "Module", name,
        """
        jobType: \(name)
        image: "\(image)"
        serves: {stdio: {command: [/bin/sh, -c, "\(script)"]}}
        needs: {gpuMemory: 1Gi}
        developer: account/wtfb
        price: {credits: 1, per: unit}
        placement: {replicas: \(replicas)}
        rollout: {drain: \(drain)}
        \(Manifest.limits)
        """)
    }

    private static let scheduler = Manifest(
      "Scheduler", "global", "retry: {differentNodes: 3}\nreplicas: {min: 1, max: 1}")

    /// Applies the manifests, and runs `work` under `up` once every node is online and `cleo` has credits.
    private static func with(
      _ manifests: [Manifest], nodes: [String], _ work: (Installation) async throws -> Void
    ) async throws {
      try await Installation.with { installation in
        try installation.write(
          [.environment, .database, .ledger, scheduler] + nodes.map { .node($0, tier: "gpu") } + manifests)
        try await installation.apply()
        let (up, _) = try await installation.up { _ in
          for account in ["cleo", "platform"] {
            let given = try await installation.run(
              "credits", "grant", "account/\(account)", "10000", "--key", "welcome-\(account)")
            try #require(given.exitCode == 0, "\(given)")
          }
          let online = try await installation.eventually(within: 90) {
            try await installation.run("node", "list", "-o", "json").json().elements
              .filter { $0["online"] == .bool(true) }.count == nodes.count
          }
          try #require(online != nil)
          try await work(installation)
        }
        #expect(up.exitCode == 0, "\(up)")
      }
    }

    private static func submit(_ module: String, _ installation: Installation) async throws -> String {
      let order = try await installation.run(
        "job", "submit", module, "--as", "account/cleo", "--units", "2", "-o", "json")
      try #require(order.exitCode == 0, "\(order)")
      return try #require(try order.json()["id"]?.plainText)
    }

    private static func job(_ id: String, _ installation: Installation) async throws -> Value {
      try await installation.run("job", "get", id, "-o", "json").json()
    }

    private static func attempts(_ job: Value) -> [String] {
      (job["attempts"]?.elements ?? []).compactMap { $0["state"]?.plainText }
    }

    private static func waitUntilRunning(_ id: String, _ installation: Installation) async throws {
      let running = try await installation.eventually(within: 30) {
        try await job(id, installation)["state"] == .string("running")
      }
      try #require(running != nil)
    }

    private static func end(of id: String, _ installation: Installation) async throws -> Value {
      let ended = try await installation.eventually(within: 120) {
        ["succeeded", "failed", "cancelled"].contains(
          try await job(id, installation)["state"]?.plainText ?? "")
      }
      try #require(ended != nil)
      return try await job(id, installation)
    }

    /// The end of a pinned reference.
    private static func digest(_ image: String) -> String {
      image.split(separator: "@").last.map(String.init) ?? image
    }

    private static func failedNodes(_ installation: Installation) async throws -> Int64 {
      try await installation.query(
        "SELECT coalesce(sum(cardinality(failed_nodes)), 0)::bigint AS nodes FROM jobs", in: "platform"
      ).only().int("nodes")
    }

    private static func earnings(_ account: String, _ installation: Installation) async throws -> Int {
      let statement = try await installation.run("credits", "statement", "account/\(account)", "-o", "json")
      return (try statement.json()["lines"]?.elements ?? []).count
    }

    @Test("A job ends in its container before a new image or the removal of its module takes the container")
    func changedAndRemoved() async throws {
      try await Installation.withImages { old, new in
        try await Self.with([Self.module("slow", old, seconds: 25)], nodes: ["a"]) { installation in
          let first = try await Self.submit("slow", installation)
          try await Self.waitUntilRunning(first, installation)
          try installation.write([Self.module("slow", new, seconds: 25)])
          let explained = try await installation.eventually(within: 20) {
            try await installation.run("why", "Module/slow").output.contains("waits for the job \(first)")
          }
          let why = try await installation.run("why", "Module/slow")
          #expect(explained != nil, "\(why)")
          let plan = try await installation.run("plan", installation.manifestFolder)
          #expect(plan.output.contains("1 job") && plan.output.contains("disruptive"), "\(plan)")
          let changed = try await Self.end(of: first, installation)
          #expect(changed["state"] == .string("succeeded"), "\(changed.json)")
          #expect(Self.attempts(changed) == ["succeeded"], "\(changed.json)")

          let isReady = try await installation.eventually(within: 60) {
            let images = try await installation.containers(of: "Module/slow").map { Self.digest($0.image) }
            let unready = try await installation.unready()
            return images == [Self.digest(new)] && unready.isEmpty
          }
          try #require(isReady != nil)
          let second = try await Self.submit("slow", installation)
          try await Self.waitUntilRunning(second, installation)
          try installation.remove(Self.module("slow", new, seconds: 25).file)
          let removed = try await Self.end(of: second, installation)
          #expect(removed["state"] == .string("succeeded"), "\(removed.json)")
          #expect(Self.attempts(removed) == ["succeeded"], "\(removed.json)")
          let isGone = try await installation.eventually(within: 60) {
            try await installation.containers(of: "Module/slow").isEmpty
          }
          #expect(isGone != nil)
          #expect(try await Self.failedNodes(installation) == 0)
          let paid = try await installation.eventually(within: 20) {
            try await Self.earnings("ada", installation) == 2
          }
          #expect(paid != nil, "the owner of the node is paid for both jobs")
        }
      }
    }

    @Test("A job that exceeds the limit of the drain is preempted, succeeds elsewhere, and its work is paid")
    func preempted() async throws {
      try await Installation.withImages { old, new in
        let module = Self.module("slow", old, seconds: 12, replicas: 2, drain: "2s")
        try await Self.with([module], nodes: ["a", "b"]) { installation in
          let id = try await Self.submit("slow", installation)
          try await Self.waitUntilRunning(id, installation)
          let hasUnit = try await installation.eventually(within: 20) {
            try await Self.job(id, installation)["attempts"]?.elements.first?["units"] == .integer(1)
          }
          try #require(hasUnit != nil)
          try installation.write([Self.module("slow", new, seconds: 12, replicas: 2, drain: "2s")])
          let job = try await Self.end(of: id, installation)
          let attempts = Self.attempts(job)
          #expect(job["state"] == .string("succeeded"), "\(job.json)")
          #expect(attempts.dropLast().allSatisfy { $0 == "preempted" } && attempts.count > 1, "\(job.json)")
          #expect(try await Self.failedNodes(installation) == 0)
          let paid = try await installation.eventually(within: 20) {
            try await Self.earnings("ada", installation) >= 2
          }
          let cleo = try await installation.run("credits", "statement", "account/cleo", "-o", "json").json()
          #expect(paid != nil, "the owner is paid for the preempted attempt too")
          #expect(cleo["closing"] == .string("9998"), "the creator pays two units once: \(cleo.json)")
          #expect(try await installation.run("ledger", "verify").exitCode == 0)
        }
      }
    }

    /// Jobs that are submitted at a steady rate until the end.
    private final class Load: Sendable {
      private let isDone = Mutex(false)
      private let modules = Mutex<[String]>([])

      func set(_ names: [String]) { modules.withLock { $0 = names } }
      func end() { isDone.withLock { $0 = true } }

      /// An order of a module that is not declared at the moment is refused.
      func run(_ installation: Installation, seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        while !isDone.withLock({ $0 }) {
          if let name = modules.withLock({ $0 }).randomElement(using: &random) {
            _ = try await installation.run("job", "submit", name, "--as", "account/cleo")
          }
          await Task.yield()
        }
      }
    }

    @Test("No attempt fails while modules are renamed, changed and removed and nodes leave under load")
    func steadyRate() async throws {
      let rounds = SoakSeeds.count(5)
      try await Installation.withImages { old, new in
        let nodes = ["a", "b"]
        @Sendable func quick(_ name: String, _ image: String) -> Manifest {
          Self.module(name, image, seconds: 1, replicas: 2)
        }
        try await Self.with([quick("one", old), quick("two", old)], nodes: nodes) { installation in
          let load = Load()
          load.set(["one", "two"])
          try await withThrowingTaskGroup(of: Void.self) { group in
            for seed in 0..<3 { group.addTask { try await load.run(installation, seed: UInt64(seed)) } }
            group.addTask {
              defer { load.end() }
              var random = SeededRandom(seed: 12)
              var declared = ["one": old, "two": old]
              for round in 0..<Int(rounds) {
                let name = declared.keys.sorted().randomElement(using: &random) ?? "one"
                let image = declared[name] == old ? new : old
                switch round % 4 {
                case 0:
                  declared[name] = image
                  try installation.write([quick(name, image)])
                case 1:
                  let other = "\(name)-\(round)"
                  declared[other] = declared.removeValue(forKey: name)
                  try installation.write([quick(other, declared[other] ?? old)])
                  try installation.remove(quick(name, old).file)
                case 2:
                  declared[name] = nil
                  try installation.remove(quick(name, old).file)
                  declared["new-\(round)"] = image
                  try installation.write([quick("new-\(round)", image)])
                default:
                  try installation.remove(Manifest.node("b", tier: "gpu").file)
                  try await Self.waitForContainers(of: declared, on: ["a"], installation)
                  try installation.write([.node("b", tier: "gpu")])
                }
                load.set(declared.keys.sorted())
                try await Self.waitForContainers(of: declared, on: nil, installation)
              }
            }
            try await group.waitForAll()
          }
          try await Self.checkAfterLoad(installation)
        }
      }
    }

    /// Waits until exactly the declared modules have containers, of the declared images.
    /// - Parameter nodes: the only nodes with containers; nil: any.
    private static func waitForContainers(
      of declared: [String: String], on nodes: Set<String>?, _ installation: Installation
    ) async throws {
      let expected = declared.reduce(into: [String: Set<String>]()) { expected, module in
        expected["Module/\(module.key)"] = [digest(module.value)]
      }
      var last = ""
      let settled = try await installation.eventually(within: 120) {
        let containers = try await installation.containers()
        var images: [String: Set<String>] = [:]
        for container in containers {
          images[container.labels[ContainerLabels.resource] ?? "", default: []].insert(
            digest(container.image))
        }
        let used = Set(containers.compactMap { $0.labels[ContainerLabels.node] })
        last = "\(images) on \(used)"
        let usesOnly = nodes.map { used == Set($0.map { "Node/\($0)" }) } ?? true
        return images == expected && usesOnly
      }
      try #require(settled != nil, "\(declared): \(last)")
    }

    private static func checkAfterLoad(_ installation: Installation) async throws {
      let ended = try await installation.eventually(within: 120) {
        try await installation.query("SELECT 1 FROM jobs WHERE finished_at IS NULL LIMIT 1", in: "platform")
          .first == nil
      }
      #expect(ended != nil, "every job ends")
      let attempts = try await installation.query(
        """
        SELECT w.state, coalesce(w.reason, '') AS reason, count(*) AS attempts FROM job_attempts w
        GROUP BY 1, 2 ORDER BY 1, 2
        """, in: "platform")
      var succeeded: Int64 = 0
      for row in attempts {
        let (state, reason, count) = (
          try row.text("state"), try row.text("reason"), try row.int("attempts")
        )
        print("\(count) attempts \(state) \(reason)")
        #expect(state == "succeeded" || state == "preempted", "\(count) \(state): \(reason)")
        if state == "succeeded" { succeeded = count }
      }
      let failed = try await installation.query(
        """
        SELECT reason, count(*) AS jobs FROM jobs
        WHERE state <> 'succeeded' AND reason NOT LIKE 'module % was removed' GROUP BY 1
        """, in: "platform")
      for row in failed {
        Issue.record("\(try row.int("jobs")) jobs: \(try row.optionalText("reason") ?? "")")
      }
      #expect(succeeded > 0)
      let settled = try await installation.eventually(within: 30) {
        try await installation.run("credits", "statement", "account/cleo", "-o", "json").json()["closing"]
          == .string("\(10_000 - succeeded)")
      }
      #expect(settled != nil, "the creator pays each job once")
      #expect(try await installation.run("ledger", "verify").exitCode == 0)
    }
  }
}

extension Installation {
  /// Runs `body` with two images of one program.
  fileprivate static func withImages(_ body: (String, String) async throws -> Void) async throws {
    let bed = try await DockerTestBed.shared()
    guard let old = bed.images["echoImage"], let new = bed.images["echoImageNext"] else {
      throw SupportError("there is no image echoImageNext")
    }
    try await body(old, new)
  }
}
