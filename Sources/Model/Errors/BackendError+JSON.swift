/// How errors travel; the same is read back.
extension BackendError: JSONRepresentable {
  package var value: Value {
    .members([
      "code": .string(code), "message": .string(message), "hint": hint.map(Value.string),
      "retry": .string(retry.rawValue),
    ])
  }

  package init?(_ value: Value) {
    guard let code = value.text(at: "code"), let message = value.text(at: "message") else { return nil }
    self.init(
      code: code, message, hint: value.text(at: "hint"),
      retry: value.word(at: "retry", of: Retry.self) ?? .later)
  }
}
