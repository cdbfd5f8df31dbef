/// Finishes short work although its task was cancelled: what was done must not go unrecorded because somebody stopped
/// waiting for more of it.
///
/// The only place of the library that makes an unstructured task. It is awaited, so it outlives nothing.
package enum Shield {
  /// Where the work runs; nil: where tasks without a preference do. Unstructured tasks do not inherit a preference for
  /// an executor, so whoever has one says it here too.
  @TaskLocal package static var executor: (any TaskExecutor)?

  /// Runs `work`; when the task is cancelled before or during that, runs it once more where no cancellation reaches.
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
}
