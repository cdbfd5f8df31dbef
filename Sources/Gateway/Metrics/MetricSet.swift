package import Model

/// Numbers by metric and labels, with their text for Prometheus.
package struct MetricSet: Sendable {
  private struct Histogram: Sendable {
    /// One count for each bound, not cumulated, and one for larger values.
    var counts = [Int64](repeating: 0, count: MetricSet.bounds.count + 1)
    var sum: Int64 = 0
    var total: Int64 { counts.reduce(0, +) }
  }

  /// Upper bounds in milliseconds: from a fast query of the state to a step that pulls a large image.
  private static let bounds: [Int64] = [
    5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000,
  ]

  private var numbers: [Metric: [[String]: Double]] = [:]
  private var histograms: [Metric: [[String]: Histogram]] = [:]

  package init() {}

  /// - Parameter labels: One value for each label of the metric, in order.
  package mutating func add(_ amount: Double = 1, to metric: Metric, _ labels: String...) {
    numbers[metric, default: [:]][labels, default: 0] += amount
  }

  package mutating func set(_ value: Double, of metric: Metric, _ labels: String...) {
    numbers[metric, default: [:]][labels] = value
  }

  package mutating func observe(_ span: TimeSpan, in metric: Metric, _ labels: String...) {
    let index = MetricSet.bounds.firstIndex { span.milliseconds <= $0 } ?? MetricSet.bounds.count
    histograms[metric, default: [:]][labels, default: Histogram()].counts[index] += 1
    histograms[metric]?[labels]?.sum += span.milliseconds
  }

  /// Removes all values of a metric, before it is set as a whole.
  package mutating func clear(_ metric: Metric) { numbers[metric] = nil }

  /// The text exposition, version 0.0.4. A counter without labels is shown from the start, as 0.
  package var text: String {
    var text = ""
    for metric in Metric.all {
      var lines = ""
      var values = numbers[metric] ?? [:]
      if metric.kind == .counter, metric.labels.isEmpty, values.isEmpty { values = [[]: 0] }
      for (labels, value) in values.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
        lines += "\(metric.name)\(metric.text(of: labels)) \(MetricSet.text(of: value))\n"
      }
      for (labels, histogram) in (histograms[metric] ?? [:]).sorted(by: {
        $0.key.lexicographicallyPrecedes($1.key)
      }) {
        lines += MetricSet.lines(of: histogram, metric, labels)
      }
      guard !lines.isEmpty else { continue }
      text += "# HELP \(metric.name) \(metric.help)\n# TYPE \(metric.name) \(metric.kind.rawValue)\n\(lines)"
    }
    return text
  }

  private static func lines(of histogram: Histogram, _ metric: Metric, _ labels: [String]) -> String {
    var text = ""
    var count: Int64 = 0
    for (index, bound) in bounds.enumerated() {
      count += histogram.counts[index]
      let bound = MetricSet.text(of: Double(bound) / 1000)
      text += "\(metric.name)_bucket\(metric.text(of: labels, bound: bound)) \(count)\n"
    }
    text += "\(metric.name)_bucket\(metric.text(of: labels, bound: "+Inf")) \(histogram.total)\n"
    text +=
      "\(metric.name)_sum\(metric.text(of: labels)) \(MetricSet.text(of: Double(histogram.sum) / 1000))\n"
    text += "\(metric.name)_count\(metric.text(of: labels)) \(histogram.total)\n"
    return text
  }

  /// Whole numbers without a fraction.
  private static func text(of value: Double) -> String {
    Int64(exactly: value).map(String.init) ?? String(value)
  }
}

extension Metric {
  /// `{kind="Module",action="create"}`; empty without labels.
  fileprivate func text(of values: [String], bound: String? = nil) -> String {
    var pairs = zip(labels, values).map { "\($0)=\"\(Metric.escaped($1))\"" }
    if let bound { pairs.append("le=\"\(bound)\"") }
    return pairs.isEmpty ? "" : "{\(pairs.joined(separator: ","))}"
  }

  private static func escaped(_ value: String) -> String {
    guard value.contains(where: { $0 == "\\" || $0 == "\"" || $0 == "\n" }) else { return value }
    return value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }
}
