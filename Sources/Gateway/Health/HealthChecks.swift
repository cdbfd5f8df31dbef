internal import Model

/// The liveness and readiness checks of a server.
///
/// A report is complete within `limit`, whatever the checks do: one that has no result by then counts as
/// failing, with that reason.
package struct HealthChecks: Sendable {
  /// A named check: nil for success, otherwise the problem, safe to show.
  package typealias Check = (name: String, run: @Sendable () async -> String?)

  /// When one of these fails, the process must be restarted.
  private let alive: [HealthProbe]
  /// The server is ready when all of these and of `alive` succeed. A check replaces that of `alive` with the
  /// same name.
  private let ready: [HealthProbe]
  private let limit: Duration

  /// The default of `limit`, so that a response takes less than a second.
  package static let answerLimit = Duration.milliseconds(800)

  /// - Parameter limit: The time after which a check counts as failing.
  package init(alive: [Check], ready: [Check], limit: Duration = HealthChecks.answerLimit) {
    self.alive = alive.map(HealthProbe.init)
    self.ready = ready.map(HealthProbe.init)
    self.limit = limit
  }

  /// Runs the checks when reports are requested, until the task is cancelled. Called once; without it no
  /// check has a result.
  package func run() async {
    await withDiscardingTaskGroup { group in
      for probe in alive + ready { group.addTask { await probe.run() } }
    }
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

  private func report(on probes: [HealthProbe]) async -> Report {
    let answers = await withTaskGroup(of: (String, String?).self) { group in
      for probe in probes { group.addTask { (probe.name, await probe.result(within: limit)) } }
      return await group.reduce(into: [String: String?]()) { $0[$1.0] = .some($1.1) }
    }
    let failing = probes.compactMap { probe in
      answers[probe.name].flatMap(\.self).map { "\(probe.name): \($0)" }
    }
    let value = Value.members([
      "status": .string(failing.isEmpty ? "ok" : "failing"),
      "reason": failing.isEmpty ? nil : .string(failing.joined(separator: "; ")),
      "checks": .object(answers.mapValues { .string($0 ?? "ok") }),
    ])
    return Report(isHealthy: failing.isEmpty, json: value.json + "\n")
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
