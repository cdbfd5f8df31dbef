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

  private struct Observer: MutationObserver {
    func allowsCall(of step: StepIdentity?) -> Bool { step?.resource.name == "allowed" }
  }

  private struct Operation: StepOperation {}

  @Test("An observer sees the step of each call, and refuses calls inside and outside of steps")
  func observed() async {
    await MutationFence.$observer.withValue(Observer()) {
      #expect(isRefused(), "outside of steps")
      for name in ["allowed", "refused"] {
        let step = StepIdentity(ResourceID(kind: "Node", name: name), Operation())
        await MutationFence.$lease.withValue(LeaseCheck(of: step) { true }) {
          #expect(isRefused() == (name == "refused"))
          let unstructured = Task { isRefused() }
          #expect(await unstructured.value == (name == "refused"))
        }
      }
    }
  }

  @Test("A call that ends what a step began needs no lease, but an observer can refuse it")
  func ignoresLease() {
    func isAllowed() -> Bool { (try? MutationFence.require(Code.leaseLost, ignoresLease: true)) != nil }
    MutationFence.$lease.withValue(LeaseCheck { false }) {
      #expect(isAllowed())
      MutationFence.$observer.withValue(Observer()) { #expect(!isAllowed()) }
    }
  }
}
