import Model

extension TimeSpan {
  /// For people, in one unit: `12s`, `5m`, `3h`, `2d`.
  var ago: String {
    let seconds = max(milliseconds / 1000, 0)
    switch seconds {
    case ..<120: return "\(seconds)s"
    case ..<7200: return "\(seconds / 60)m"
    case ..<172_800: return "\(seconds / 3600)h"
    default: return "\(seconds / 86_400)d"
    }
  }

  /// How long a step took: `0.8s`, `12s`, `3m 05s`.
  var elapsed: String {
    if milliseconds < 10_000 { return "\(milliseconds / 1000).\(milliseconds % 1000 / 100)s" }
    let seconds = milliseconds / 1000
    return seconds < 60 ? "\(seconds)s" : "\(seconds / 60)m \(seconds % 60 < 10 ? "0" : "")\(seconds % 60)s"
  }
}
