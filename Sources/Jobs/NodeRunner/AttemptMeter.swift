internal import JobModel
internal import Model

/// Computes the usage of one attempt.
///
/// - On a GPU, also on one that is only declared: the time from the start of the work to its end.
/// - Without a GPU: CPU time as the shell measures it, which never exceeds the claimed cores times the
///   elapsed time.
/// - Where CPU time is not measured (HTTP requests, images without a shell, stopped attempts): the claimed
///   cores times the elapsed time.
struct AttemptMeter: Sendable {
  private let usesGPU: Bool
  /// Thousandths.
  private let cores: Int64
  /// Whether the end of the attempt reports CPU time.
  private let isMeasured: Bool

  /// - Parameter module: nil when the module is unknown.
  init(_ order: WorkOrder, of module: WorkOffer?) {
    usesGPU = order.gpu != nil
    let claimed = module?.needs.cores?.thousandths ?? 0
    cores = claimed > 0 ? claimed : 1000
    isMeasured = if case .stdio? = module?.interface { true } else { false }
  }

  /// - Parameters:
  ///   - start: a reading of the monotonic clock, as is `now`.
  ///   - measured: nil where CPU time was not measured.
  func usage(from start: TimeSpan, to now: TimeSpan, measured: TimeSpan? = nil) -> WorkUsage {
    let elapsed = max(now.milliseconds - start.milliseconds, 0)
    if usesGPU { return WorkUsage(gpu: elapsed) }
    let claimed = elapsed.multipliedReportingOverflow(by: cores)
    let limit = claimed.overflow ? elapsed : (claimed.partialValue + 999) / 1000
    return WorkUsage(cpu: min(measured?.milliseconds ?? limit, limit))
  }

  /// A lower bound of the final usage. Reported usage never decreases, so CPU time that is measured only at
  /// the end counts as zero until then.
  func usageSoFar(from start: TimeSpan, to now: TimeSpan) -> WorkUsage {
    usesGPU || !isMeasured ? usage(from: start, to: now) : WorkUsage()
  }
}
