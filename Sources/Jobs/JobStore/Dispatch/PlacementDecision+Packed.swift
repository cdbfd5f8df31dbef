import JobModel
import Model

/// Decisions as `job_attempts.decision` stores them: a third of the size of their JSON, because every attempt
/// has one. Fields end with the ASCII unit separator, lists with the record separator; names contain neither.
extension PlacementDecision {
  private static let unit: UInt8 = 0x1F
  private static let record: UInt8 = 0x1E
  /// The filters of the decisions that version 0.4.0 stored: all but those that were added at the end.
  private static let firstFilters = 13

  var packed: String {
    var output: [UInt8] = []
    output.reserveCapacity(256)
    func add(_ number: Int64) {
      output.append(contentsOf: String(number).utf8)
      output.append(PlacementDecision.unit)
    }
    add(Int64(nodes))
    add(Int64(passed))
    add(Int64(frontCount))
    for filter in Filter.allCases { add(Int64(removed[filter] ?? 0)) }
    output.append(PlacementDecision.record)
    for candidate in front {
      add(candidate.node)
      add(candidate.latency)
      add(candidate.earnings)
      add(candidate.score)
      output.append(contentsOf: candidate.name.utf8.filter { $0 >= 0x20 })
      output.append(PlacementDecision.record)
    }
    return String(decoding: output, as: UTF8.self)
  }

  /// Nil where the text is not a packed decision.
  init?(packed text: String) {
    let records = text.utf8.split(separator: PlacementDecision.record, omittingEmptySubsequences: false)
      .dropLast()
    guard let head = records.first else { return nil }
    let numbers = head.split(separator: PlacementDecision.unit).compactMap { Int64(Substring($0)) }
    guard (3 + PlacementDecision.firstFilters...3 + Filter.allCases.count).contains(numbers.count) else {
      return nil
    }
    var removed: [Filter: Int] = [:]
    for (filter, count) in zip(Filter.allCases, numbers.dropFirst(3)) where count > 0 {
      removed[filter] = Int(count)
    }
    var front: [Candidate] = []
    for record in records.dropFirst() {
      let fields = record.split(separator: PlacementDecision.unit, omittingEmptySubsequences: false)
      guard fields.count == 5, let node = Int64(Substring(fields[0])),
        let latency = Int64(Substring(fields[1])), let earnings = Int64(Substring(fields[2])),
        let score = Int64(Substring(fields[3]))
      else { return nil }
      front.append(
        Candidate(
          node: node, name: String(Substring(fields[4])), latency: latency, earnings: earnings, score: score))
    }
    self.init(
      nodes: Int(numbers[0]), removed: removed, passed: Int(numbers[1]), front: front,
      frontCount: Int(numbers[2]))
  }
}
