internal import JobModel
internal import Model

/// What an attempt used by itself. On a GPU, also on one that is only declared, it is the time that the
/// attempt held it: from the start of its work to the end. Without one it is time of the processors: as
/// measured by the shell that the command runs under, never more than the cores that the attempt claims could
/// give in the time that passed; where it is not measured (requests over HTTP, images without a shell,
/// attempts that were stopped) it is just that.
struct AttemptMeter: Sendable {
  private let usesGPU: Bool
  /// Thousandths.
  private let cores: Int64
  /// Whether its end tells the time of the processors.
  private let isMeasured: Bool

  /// - Parameter module: nil where nobody knows it.
  init(_ order: WorkOrder, of module: DirectModule?) {
    usesGPU = order.gpu != nil
    let claimed = module?.cores ?? 0
    cores = claimed > 0 ? claimed : 1000
    isMeasured = if case .stdio? = module?.interface { true } else { false }
  }

  /// - Parameters:
  ///   - began: by a clock that nobody sets; so is `now`.
  ///   - measured: nil where nothing was.
  func usage(from began: TimeSpan, to now: TimeSpan, measured: TimeSpan? = nil) -> WorkUsage {
    let wall = max(now.milliseconds - began.milliseconds, 0)
    if usesGPU { return WorkUsage(gpu: wall) }
    let claimed = wall.multipliedReportingOverflow(by: cores)
    let most = claimed.overflow ? wall : (claimed.partialValue + 999) / 1000
    return WorkUsage(cpu: min(measured?.milliseconds ?? most, most))
  }

  /// What it used at least: usage that was told is never taken back, so what is only measured at the end is
  /// none yet.
  func usageSoFar(from began: TimeSpan, to now: TimeSpan) -> WorkUsage {
    usesGPU || !isMeasured ? usage(from: began, to: now) : WorkUsage()
  }
}
