package import Model

/// The form of explanations in the API and in `why -o json`.
extension Explanation {
  /// `{"resource":…,"ready":…,"chain":[…],"root":{…},"next":{…},"advice":[…]}`.
  package func value(now: Timestamp) -> Value {
    .members([
      "resource": .string(chain[0].id.description), "ready": .bool(isReady),
      "chain": .array(chain.map(\.value)), "root": root.value, "next": next.value(now: now),
      "advice": .array(advice.map(Value.string)),
    ])
  }

  package init?(_ value: Value) {
    guard let links = value.list(at: "chain"), !links.isEmpty,
      let next = value["next"].flatMap({ Next($0) }), let advice = value.list(at: "advice")
    else { return nil }
    var chain: [Link] = []
    for link in links {
      guard let link = Link(link) else { return nil }
      chain.append(link)
    }
    self.init(chain: chain, next: next, advice: advice.map(\.plainText))
  }
}

extension Explanation.Link: JSONRepresentable {
  package var value: Value {
    .members([
      "resource": .string(id.description), "cause": .string(cause.rawValue), "message": .string(message),
      "since": since.map { .string($0.description) },
    ])
  }

  package init?(_ value: Value) {
    guard let id = value.id(at: "resource"), let message = value.text(at: "message"),
      let cause = value.word(at: "cause", of: Explanation.Cause.self)
    else { return nil }
    self.init(id: id, cause: cause, message: message, since: value.time(at: "since"))
  }
}

extension Explanation.Next {
  private var word: String {
    switch self {
    case .nothing: "nothing"
    case .running: "underWay"
    case .retry: "retry"
    case .after: "after"
    case .check: "look"
    case .removal: "removal"
    case .person: "person"
    }
  }

  fileprivate func value(now: Timestamp) -> Value {
    var members: [String: Value] = ["what": .string(word), "sentence": .string(sentence(now: now))]
    switch self {
    case .nothing, .check, .person: break
    case .running(let step, let since):
      members["step"] = .string(step)
      members["since"] = .string(since.description)
    case .retry(let time, let failures):
      members["at"] = .string(time.description)
      members["failures"] = .integer(Int64(failures))
    case .after(let id): members["resource"] = .string(id.description)
    case .removal(let time): members["at"] = .string(time.description)
    }
    return .object(members)
  }

  fileprivate init?(_ value: Value) {
    switch value.text(at: "what") {
    case "nothing": self = .nothing
    case "look": self = .check
    case "person": self = .person
    case "underWay":
      guard let step = value.text(at: "step"), let since = value.time(at: "since") else { return nil }
      self = .running(step, since: since)
    case "retry":
      guard let time = value.time(at: "at"), let failures = value.integer(at: "failures") else { return nil }
      self = .retry(at: time, failures: Int(clamping: failures))
    case "after":
      guard let id = value.id(at: "resource") else { return nil }
      self = .after(id)
    case "removal":
      guard let time = value.time(at: "at") else { return nil }
      self = .removal(at: time)
    default: return nil
    }
  }
}
