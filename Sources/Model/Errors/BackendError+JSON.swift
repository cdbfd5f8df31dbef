/// The form in which errors are stored and sent; `init(_:)` reads it back.
extension Problem: JSONRepresentable where ErrorCode == BackendErrorCode {
  package var value: Value {
    .members([
      "code": .string(code.rawValue), "message": .string(message), "hint": hint.map(Value.string),
      "retry": .string(retry.rawValue),
      "effect": effect == .settled ? nil : .string(effect.rawValue),
    ])
  }

  package init?(_ value: Value) {
    guard let code = value.text(at: "code"), let message = value.text(at: "message") else { return nil }
    self.init(
      code: code, message, hint: value.text(at: "hint"),
      retry: value.word(at: "retry", of: Retry.self) ?? .later,
      effect: value.word(at: "effect", of: StepEffect.self) ?? .settled)
  }
}
