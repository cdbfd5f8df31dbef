package import Model

/// How decisions are written in the API and by `-o json`; the same text is read back.
extension JobStory {
  package var value: Value {
    .members(["job": job.value, "chapters": .array(chapters.map(\.value))])
  }

  /// Nil where something that every story has is missing.
  package init?(_ value: Value) {
    guard let job = value["job"].flatMap(Job.init), let chapters = value["chapters"]?.elements else {
      return nil
    }
    self.init(job: job, chapters: chapters.map(Chapter.init))
  }
}

extension JobStory.Chapter {
  package var value: Value { .members(["attempt": attempt?.value, "decision": decision?.value]) }

  package init(_ value: Value) {
    self.init(
      attempt: value["attempt"].flatMap(JobAttempt.init), decision: value["decision"].flatMap(Decision.init))
  }
}

extension Decision {
  package var value: Value {
    .members([
      "nodes": .integer(Int64(nodes)),
      "removed": .object(
        Dictionary(
          removed.map { ($0.key.rawValue, Value.integer(Int64($0.value))) }, uniquingKeysWith: { $1 })),
      "passed": .integer(Int64(passed)), "front": .array(front.map(\.value)),
      "frontCount": .integer(Int64(frontCount)),
    ])
  }

  package init?(_ value: Value) {
    guard let nodes = value["nodes"]?.number, let passed = value["passed"]?.number else { return nil }
    var removed: [Filter: Int] = [:]
    if case .object(let members)? = value["removed"] {
      for member in members {
        if let filter = Filter(rawValue: member.key), let count = member.value.number {
          removed[filter] = Int(count)
        }
      }
    }
    self.init(
      nodes: Int(nodes), removed: removed, passed: Int(passed),
      front: (value["front"]?.elements ?? []).compactMap(Candidate.init),
      frontCount: Int(value["frontCount"]?.number ?? 0))
  }
}

extension Decision.Candidate {
  package var value: Value {
    .members([
      "id": .integer(node), "name": .string(name), "latencyMicroseconds": .integer(latency),
      "earnings": .integer(earnings), "score": .integer(score),
    ])
  }

  package init?(_ value: Value) {
    guard let node = value["id"]?.number, let name = value["name"]?.text,
      let latency = value["latencyMicroseconds"]?.number, let earnings = value["earnings"]?.number,
      let score = value["score"]?.number
    else { return nil }
    self.init(node: node, name: name, latency: latency, earnings: earnings, score: score)
  }
}
