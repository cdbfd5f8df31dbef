internal import Model

/// The liveness and readiness checks of a server.
package struct HealthChecks: Sendable {
  /// A named check: nil for success, otherwise the problem, safe to show.
  package typealias Check = (name: String, run: @Sendable () async -> String?)

  /// When one of these fails, the process must be restarted.
  private let alive: [Check]
  /// The server is ready when all of these and of `alive` succeed. A check replaces that of `alive` with the
  /// same name.
  private let ready: [Check]
  /// The timeout of one check.
  private let limit: Duration

  package init(alive: [Check], ready: [Check], limit: Duration = .seconds(2)) {
    self.alive = alive
    self.ready = ready
    self.limit = limit
  }

  /// The result of the checks.
  package struct Report: Sendable {
    package let isHealthy: Bool
    /// `{"status":"ok","checks":{"loop":"ok"}}`, or with `"status":"failing"` and a `reason`.
    package let json: String
  }

  package func liveness() async -> Report { await report(on: alive) }
  package func readiness() async -> Report {
    let names = Set(ready.map(\.name))
    return await report(on: alive.filter { !names.contains($0.name) } + ready)
  }

  private func report(on checks: [Check]) async -> Report {
    let answers = await withTaskGroup(of: (String, String?).self) { group in
      for check in checks { group.addTask { (check.name, await answer(of: check)) } }
      return await group.reduce(into: [String: String?]()) { $0[$1.0] = .some($1.1) }
    }
    let failing = checks.compactMap { check in
      answers[check.name].flatMap(\.self).map { "\(check.name): \($0)" }
    }
    let value = Value.members([
      "status": .string(failing.isEmpty ? "ok" : "failing"),
      "reason": failing.isEmpty ? nil : .string(failing.joined(separator: "; ")),
      "checks": .object(answers.mapValues { .string($0 ?? "ok") }),
    ])
    return Report(isHealthy: failing.isEmpty, json: value.json + "\n")
  }

  private func answer(of check: Check) async -> String? {
    await withTaskGroup(of: String?.self) { group in
      group.addTask { await check.run() }
      group.addTask { [limit] in
        guard (try? await Task.sleep(for: limit)) != nil else { return nil }
        return "no answer within \(limit)"
      }
      defer { group.cancelAll() }
      return await group.next() ?? nil
    }
  }
}

extension LoopActivity {
  /// Nil while the loop runs often enough; otherwise the problem.
  package func liveness(
    within limit: Duration, startedAt start: SuspendingClock.Instant, now: SuspendingClock.Instant
  ) -> String? {
    let idle = (lastRound ?? start).duration(to: now)
    guard idle > limit else { return nil }
    let seconds = idle.components.seconds
    return lastRound == nil
      ? "the loop has not started \(seconds) s after the process"
      : "the loop has not completed a round for \(seconds) s"
  }
}
