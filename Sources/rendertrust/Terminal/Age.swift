import Model

extension TimeSpan {
  /// An age in one unit: `12s`, `5m`, `3h`, `2d`.
  var ago: String {
    let seconds = max(milliseconds / 1000, 0)
    switch seconds {
    case ..<120: return "\(seconds)s"
    case ..<7200: return "\(seconds / 60)m"
    case ..<172_800: return "\(seconds / 3600)h"
    default: return "\(seconds / 86_400)d"
    }
  }

  /// A duration: `0.8s`, `12s`, `3m 05s`.
  var elapsed: String {
    if milliseconds < 10_000 { return "\(milliseconds / 1000).\(milliseconds % 1000 / 100)s" }
    let seconds = milliseconds / 1000
    return seconds < 60 ? "\(seconds)s" : "\(seconds / 60)m \(seconds % 60 < 10 ? "0" : "")\(seconds % 60)s"
  }
}

extension ByteCount {
  /// The size in the largest unit with a whole number of at least 1: `5.4 MiB`.
  var readable: String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"]
    var size = bytes
    var rest: Int64 = 0
    var unit = 0
    while size >= 1024, unit < units.count - 1 {
      rest = size % 1024 * 10 / 1024
      size /= 1024
      unit += 1
    }
    return unit == 0 ? "\(size) bytes" : "\(size).\(rest) \(units[unit])"
  }
}
