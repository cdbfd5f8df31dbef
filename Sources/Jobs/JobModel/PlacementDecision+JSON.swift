package import Model

/// Decisions as the API and `-o json` write them: compact JSON. Latencies are in microseconds, earnings and
/// scores in parts per million; filters are in the order in which they apply.
extension PlacementDecision {
  package var json: String {
    var output: [UInt8] = []
    output.reserveCapacity(768)
    output.append(contentsOf: #"{"nodes":"#.utf8)
    output.append(decimal: Int64(nodes))
    output.append(contentsOf: #","removed":{"#.utf8)
    var isFirst = true
    for filter in Filter.allCases {
      guard let count = removed[filter] else { continue }
      output.append(contentsOf: (isFirst ? "\"" : ",\"").utf8)
      isFirst = false
      output.append(contentsOf: filter.rawValue.utf8)
      output.append(contentsOf: "\":".utf8)
      output.append(decimal: Int64(count))
    }
    output.append(contentsOf: #"},"passed":"#.utf8)
    output.append(decimal: Int64(passed))
    output.append(contentsOf: #","frontCount":"#.utf8)
    output.append(decimal: Int64(frontCount))
    output.append(contentsOf: #","front":["#.utf8)
    isFirst = true
    for candidate in front {
      if !isFirst { output.append(UInt8(ascii: ",")) }
      isFirst = false
      candidate.write(to: &output)
    }
    output.append(contentsOf: "]}".utf8)
    return String(decoding: output, as: UTF8.self)
  }

  /// Nil where the text is not a decision.
  package init?(json: String) {
    guard let value = try? Value(json: json) else { return nil }
    self.init(value)
  }

  package var value: Value { (try? Value(json: json)) ?? .null }

  /// Nil where the value is not a decision.
  package init?(_ value: Value) {
    guard let nodes = value["nodes"]?.number, let passed = value["passed"]?.number,
      let frontCount = value["frontCount"]?.number, case .object(let members)? = value["removed"],
      let elements = value["front"]?.elements
    else { return nil }
    var removed: [Filter: Int] = [:]
    for member in members {
      guard let filter = Filter(rawValue: member.key), let count = member.value.number else { return nil }
      removed[filter] = Int(count)
    }
    let front = elements.compactMap(Candidate.init)
    guard front.count == elements.count else { return nil }
    self.init(
      nodes: Int(nodes), removed: removed, passed: Int(passed), front: front, frontCount: Int(frontCount))
  }
}

extension PlacementDecision.Candidate {
  fileprivate func write(to output: inout [UInt8]) {
    output.append(contentsOf: #"{"id":"#.utf8)
    output.append(decimal: node)
    output.append(contentsOf: #","name":"#.utf8)
    if name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C && $0 != 0x7F }) {
      output.append(UInt8(ascii: "\""))
      output.append(contentsOf: name.utf8)
      output.append(UInt8(ascii: "\""))
    } else {
      output.append(contentsOf: Value.string(name).jsonBytes())
    }
    output.append(contentsOf: #","latencyMicroseconds":"#.utf8)
    output.append(decimal: latency)
    output.append(contentsOf: #","earnings":"#.utf8)
    output.append(decimal: earnings)
    output.append(contentsOf: #","score":"#.utf8)
    output.append(decimal: score)
    output.append(UInt8(ascii: "}"))
  }

  fileprivate init?(_ value: Value) {
    guard let node = value["id"]?.number, let name = value["name"]?.text,
      let latency = value["latencyMicroseconds"]?.number, let earnings = value["earnings"]?.number,
      let score = value["score"]?.number
    else { return nil }
    self.init(node: node, name: name, latency: latency, earnings: earnings, score: score)
  }
}

extension [UInt8] {
  fileprivate mutating func append(decimal number: Int64) {
    if number < 0 { append(UInt8(ascii: "-")) }
    let start = count
    var rest = number.magnitude
    repeat {
      append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    } while rest > 0
    self[start...].reverse()
  }
}
