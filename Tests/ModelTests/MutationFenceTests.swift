import Model
import Testing

@Suite struct MutationFenceTests {
  private enum Code: String, ProblemCode {
    case leaseLost
    static let domain = "test"
  }

  private func isRefused() -> Bool {
    do throws(Problem<Code>) {
      try MutationFence.require(Code.leaseLost)
      return false
    } catch {
      return error.qualifiedCode == "test.leaseLost" && error.retry == .later && error.effect == .settled
    }
  }

  @Test("Outside of steps every call is allowed") func outside() { #expect(!isRefused()) }

  @Test("A step may call while the lease is held, also in child and unstructured tasks")
  func inherits() async {
    for isHeld in [true, false] {
      let check: @Sendable () -> Bool = { isHeld }
      await MutationFence.$lease.withValue(LeaseCheck(check)) {
        #expect(isRefused() == !isHeld)
        async let child = isRefused()
        #expect(await child == !isHeld)
        let unstructured = Task { isRefused() }
        #expect(await unstructured.value == !isHeld)
      }
    }
  }
}
