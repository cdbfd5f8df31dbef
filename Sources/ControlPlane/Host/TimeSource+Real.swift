import Glibc
import Model
package import Reconciling

extension TimeSource {
  /// The clocks of this machine.
  package static let real = TimeSource(
    now: {
      var time = timespec()
      clock_gettime(CLOCK_REALTIME, &time)
      return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    },
    sleep: { span in try await Task.sleep(for: span.duration) },
    uptime: {
      var time = timespec()
      clock_gettime(CLOCK_BOOTTIME, &time)
      return TimeSpan(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    })
}
