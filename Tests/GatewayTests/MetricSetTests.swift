import Gateway
import Model
import Testing

@Suite struct MetricSetTests {
  @Test("Is the text that Prometheus parses") func isTheTextThatPrometheusParses() throws {
    var numbers = MetricSet()
    let (steps, failures) = (try metric("step_duration_seconds"), try metric("step_failures_total"))
    numbers.observe(TimeSpan(milliseconds: 7), in: steps, "Module", "create")
    numbers.observe(TimeSpan(milliseconds: 2500), in: steps, "Module", "create")
    numbers.observe(TimeSpan(seconds: 900), in: steps, "Module", "create")
    numbers.add(to: failures, "B\"ad\\kind\n", "update")
    numbers.add(2.5, to: failures, "A", "update")
    let lines = numbers.text.split(separator: "\n").map(String.init)
    #expect(lines.contains("# TYPE rendertrust_step_duration_seconds histogram"))
    func bucket(_ bound: String, _ count: Int) -> String {
      "rendertrust_step_duration_seconds_bucket{kind=\"Module\",action=\"create\",le=\"\(bound)\"} \(count)"
    }
    for line in [
      bucket("0.005", 0), bucket("0.01", 1), bucket("1", 1), bucket("2.5", 2), bucket("300", 2),
      bucket("+Inf", 3),
    ] {
      #expect(lines.contains(line), "\(line) is missing")
    }
    #expect(
      lines.contains("rendertrust_step_duration_seconds_sum{kind=\"Module\",action=\"create\"} 902.507"))
    #expect(lines.contains("rendertrust_step_duration_seconds_count{kind=\"Module\",action=\"create\"} 3"))
    #expect(lines.contains(#"rendertrust_step_failures_total{kind="B\"ad\\kind\n",action="update"} 1"#))
    #expect(lines.contains("rendertrust_state_errors_total 0"), "a counter begins at 0")
    let places = lines.indices.filter { lines[$0].hasPrefix("rendertrust_step_failures_total") }
    #expect(places.count == 2 && lines[places[0]].contains("\"A\""), "sorted by label")
  }

  @Test("Each name is used once and follows the conventions")
  func eachNameIsUsedOnceAndFollowsTheConventions() {
    #expect(Set(Metric.all.map(\.name)).count == Metric.all.count)
    for metric in Metric.all {
      #expect((metric.kind == .counter) == metric.name.hasSuffix("_total"), "\(metric.name)")
      #expect(metric.kind != .histogram || metric.name.hasSuffix("_seconds"), "\(metric.name)")
      #expect(metric.help.hasSuffix("."), "\(metric.name)")
    }
  }

  private func metric(_ name: String) throws -> Metric {
    try #require(Metric.all.first { $0.name == "rendertrust_\(name)" })
  }
}
