import Model
import Testing

@Suite struct ProblemTests {
  private enum Code: String, ProblemCode {
    case unreachable, invalid
    static let domain = "test"
    static let temporary: Set<Code> = [.unreachable]
    var defaultHint: String? { self == .unreachable ? "start it" : nil }
    var effect: StepEffect { self == .unreachable ? .uncertain : .settled }
  }

  @Test("A problem takes what is left out from its code") func codeProvidesDefaults() {
    let problem = Problem(Code.unreachable, "it refused", subject: "server", detail: "row 1")
    #expect(problem.retry == .later && problem.effect == .uncertain && problem.hint == "start it")
    #expect(problem.description == "server: it refused; start it")
    #expect(problem.debugDescription == "test.unreachable: server: it refused; start it [row 1]")
    #expect(Problem(Code.invalid, "it is wrong").retry == .afterChange)
    #expect(Problem(Code.unreachable, "m", hint: "h", retry: .afterChange).retry == .afterChange)
  }

  @Test("The error of a backend keeps code, retry class and effect, and is read back")
  func backendErrorIsReadBack() throws {
    let error = Problem(Code.unreachable, "it refused", subject: "server", detail: "row 1").backendError
    #expect(error.code == "test.unreachable" && error.message == "server: it refused")
    #expect(error.retry == .later && error.effect == .uncertain && error.detail == nil)
    #expect(BackendError(try Value(json: error.value.json)) == error)
    let settled = BackendError(code: "a.b", "m")
    #expect(settled.value["effect"] == nil && BackendError(settled.value) == settled)
    #expect(BackendError(.null) == nil)
  }
}
