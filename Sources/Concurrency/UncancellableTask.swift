/// Finishes short work although its task was cancelled, so that an effect on the outside world is always
/// recorded.
///
/// Creates an unstructured task. The caller awaits it, so it never outlives the call.
package enum UncancellableTask {
  /// The executor that the work runs on; nil: the default executor. Unstructured tasks do not inherit an
  /// executor preference, so a caller that has one sets it here too.
  @TaskLocal package static var executor: (any TaskExecutor)?

  /// Runs `work`. If the task is cancelled before or during the call, runs `work` again in a task that cannot
  /// be cancelled.
  package static func run<Failure>(
    _ work: @Sendable @escaping () async -> Result<Void, Failure>
  ) async -> Result<Void, Failure> {
    if !Task.isCancelled {
      let result = await work()
      if case .success = result { return result }
      guard Task.isCancelled else { return result }
    }
    return await Task(executorPreference: executor) { await work() }.value
  }

  /// Runs `work` once, in a task that cannot be cancelled, for work that must not be interrupted after it
  /// began. The work must end by itself.
  package static func runOnce<Output: Sendable>(
    _ work: @Sendable @escaping () async -> Output
  ) async -> Output {
    await Task(executorPreference: executor) { await work() }.value
  }
}
