import Glibc
import HTTP
import Model
import Postgres
import Testing

extension EndToEnd {
  /// Output that cannot be written: a closed pipe, a full disk, a closed terminal.
  @Suite struct LostOutput {
    private static let manifests = [Manifest.environment, .database, .prices("packs", ["price_pack10": 100])]

    /// Everything is applied and recorded.
    private func expectApplied(_ installation: Installation) async throws {
      let plan = try await installation.run("plan", installation.manifestFolder, "--detailed-exitcode")
      #expect(plan.exitCode == 0, "\(plan)")
      #expect(try await installation.openSteps() == 0)
      #expect(try await installation.unready() == [])
    }

    @Test(
      "A change whose reader closed the pipe is completed and recorded",
      arguments: [("trap '' PIPE", "SIGPIPE is ignored, as by systemd"), (":", "SIGPIPE ends a program")])
    func closedPipe(prefix: String, reason: String) async throws {
      try await Installation.with { installation in
        try installation.write(LostOutput.manifests)
        let apply = try await installation.shell(
          #"(\#(prefix); "$RT" apply "$M" "$S" | head -n 1 > /dev/null; exit "${PIPESTATUS[0]}")"#)
        #expect(apply.exitCode == 0, "\(reason): \(apply)")
        try await expectApplied(installation)
        try installation.write([.prices("packs", ["price_pack10": 120])])
        let early = try await installation.shell(
          #"(\#(prefix); "$RT" apply "$M" "$S" | true; exit "${PIPESTATUS[0]}")"#)
        #expect(early.exitCode == 0, "\(reason): \(early)")
        try await expectApplied(installation)
      }
    }

    @Test("On a full disk a query fails, and a change reports its own result")
    func fullDisk() async throws {
      try await Installation.with { installation in
        try installation.write(LostOutput.manifests)
        let lost = "standard output could not be written: No space left on device"
        let apply = try await installation.shell(#""$RT" apply "$M" "$S" > /dev/full"#)
        #expect(apply.exitCode == 0 && apply.errors.contains(lost), "\(apply)")
        try await expectApplied(installation)
        for query in [
          "export", "get", "get -o json", "plan $M", "history", "events", "describe Database/platform",
        ] {
          let failed = try await installation.shell(#""$RT" \#(query) "$S" > /dev/full"#)
          #expect(failed.exitCode == 1 && failed.errors.contains(lost), "\(query): \(failed)")
        }
        for query in ["version", "--help", "schema", "explain PriceMap"] {
          let failed = try await installation.shell(#""$RT" \#(query) > /dev/full"#)
          #expect(failed.exitCode == 1 && failed.errors.contains(lost), "\(query): \(failed)")
        }
        let closed = try await installation.shell(#""$RT" get "$S" >&-"#)
        #expect(closed.exitCode == 1 && closed.errors.contains("Bad file descriptor"), "\(closed)")
        let read = try await installation.shell(#""$RT" get "$S" | true; exit "${PIPESTATUS[0]}""#)
        #expect(read.exitCode == 0, "\(read)")
        try installation.write([.prices("packs", ["price_pack10": 120])])
        let diff = try await installation.shell(#""$RT" diff "$M" "$S" > /dev/full"#)
        #expect(diff.exitCode == 1, "\(diff)")
      }
    }

    @Test("A file that cannot be written is named, and a device stays a device")
    func files() async throws {
      try await Installation.with { installation in
        try installation.write(LostOutput.manifests)
        let plan = try await installation.shell(#""$RT" plan "$M" "$S" --out /dev/full"#)
        #expect(plan.exitCode == 1, "\(plan)")
        #expect(plan.errors.contains("cannot write /dev/full: No space left on device"), "\(plan)")
        var status = stat()
        #expect(stat("/dev/full", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
        try await installation.apply()
        let export = try await installation.shell(
          #"""
          mkdir "$F/out" && exec unshare --mount bash -c 'mount -t tmpfs -o size=4k none "$F/out" || exit 9
            "$RT" export "$S" --to "$F/out"; code=$?; ls "$F/out"; exit "$code"'
          """#)
        #expect(export.exitCode == 1 && export.output.isEmpty, "\(export)")
        #expect(export.errors.contains("yaml: No space left on device"), "\(export)")
      }
    }

    @Test("SIGHUP during a change waits for the running step, records it and is not a crash")
    func hangUp() async throws {
      try await Installation.with { installation in
        try installation.write(LostOutput.manifests)
        try await installation.apply()
        try installation.write([.prices("packs", ["price_pack10": 110]), .prices("more", ["price_b": 5])])
        let apply = try await installation.run(["apply", installation.manifestFolder]) { pid in
          try await installation.lockingPrices {
            let isRunning = try await installation.eventually(within: 30) {
              try await installation.openSteps() >= 1
            }
            try #require(isRunning != nil, "no step started")
            for _ in 0..<3 { kill(pid, SIGHUP) }
            try await Task.sleep(for: .milliseconds(200))
            #expect(kill(pid, 0) == 0, "SIGHUP ended the change")
          }
        }
        #expect(apply.outcome.exitCode >= 0, "\(apply.outcome)")
        #expect(apply.outcome.errors.contains("Stopping: running steps finish first"), "\(apply.outcome)")
        #expect(try await installation.openSteps() == 0)
        let outcomes = try await installation.query("SELECT DISTINCT outcome FROM journal")
        #expect(try outcomes.map { row throws(PostgresError) in try row.text(0) } == ["done"])
        try await installation.apply()
        try await expectApplied(installation)
      }
    }

    @Test("A change that ignores SIGHUP by nohup is not stopped by it")
    func noHangUp() async throws {
      try await Installation.with { installation in
        try installation.write(LostOutput.manifests)
        let apply = try await installation.shell(#"trap '' HUP; exec "$RT" apply "$M" "$S""#) { pid in
          // The shell ignores the signal before it becomes the program.
          let isStarted = try await installation.eventually(within: 30) {
            access(installation.state, F_OK) == 0
          }
          try #require(isStarted != nil)
          for _ in 0..<10 {
            kill(pid, SIGHUP)
            try await Task.sleep(for: .milliseconds(50))
          }
        }
        #expect(apply.outcome.exitCode == 0, "\(apply.outcome)")
        #expect(!apply.outcome.errors.contains("Stopping"), "\(apply.outcome)")
        try await expectApplied(installation)
      }
    }

    @Test("A server whose log cannot be written goes on serving and counts the lines")
    func serverLog() async throws {
      try await Installation.with { installation in
        try installation.write(LostOutput.manifests)
        for target in ["> >(head -n 1 > /dev/null)", "> /dev/full"] {
          let server = try await installation.shell(
            #"""
            exec "$RT" server "$M" "$S" --listen "unix://$F/g.sock" --api-listen "unix://$F/a.sock" \
              --resync 1s \#(target)
            """#
          ) { pid in
            #expect(try await installation.isReady(), "\(target)")
            let isCounted = try await installation.eventually(within: 20) {
              await installation.metric("rendertrust_log_errors_total") ?? 0 >= 1
            }
            #expect(isCounted != nil, "\(target)")
            #expect(await installation.ask("healthz")?.status == 200)
            kill(pid, SIGTERM)
          }
          #expect(server.outcome.exitCode == 0, "\(target): \(server.outcome)")
        }
        // The token of the first start was lost with its line.
        let tokens = try await installation.run("token", "list", "-o", "json")
        #expect(tokens.output.contains("first-admin"), "\(tokens)")
        try await expectApplied(installation)
      }
    }
  }
}
