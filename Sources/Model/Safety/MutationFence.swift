/// Whether the step that runs in this task may still change outside systems. The executor sets it for each
/// step; drivers check it right before each call that changes something, because the controller may have been
/// paused inside the step while another one took over its lease.
///
/// Child tasks and unstructured tasks inherit it. A driver that hands work to a thread checks before it does.
/// Outside of steps every call is allowed.
package enum MutationFence {
  /// Nil outside of steps.
  @TaskLocal package static var lease: LeaseCheck?

  /// Decides before each call whether this controller still exists. Only tests bind it, to end a controller
  /// between two calls; nil in the program.
  @TaskLocal package static var observer: (any MutationObserver)?

  /// Throws when the lease was lost. The system was not called.
  /// - Parameters:
  ///   - code: the code of the driver's error.
  ///   - ignoresLease: Whether the call is allowed without the lease, because it ends what this controller
  ///     has begun.
  package static func require<Code: ProblemCode>(
    _ code: Code, ignoresLease: Bool = false
  ) throws(Problem<Code>) {
    let isAllowed = ignoresLease || lease?.isHeld() ?? true
    if isAllowed, observer?.allowsCall(of: lease?.step) ?? true { return }
    throw Problem(
      code, "not called, because this controller no longer holds the lease of the resource",
      hint: "nothing to do: the controller that holds the lease continues", retry: .later, effect: .settled)
  }
}

/// Sees each call that may change an outside system, in tests.
package protocol MutationObserver: Sendable {
  /// Called right before each call; false refuses it.
  /// - Parameter step: The step that makes the call; nil outside of steps, as for the controller's state.
  func allowsCall(of step: StepIdentity?) -> Bool
}

/// The step that runs in a task.
package struct StepIdentity: Sendable {
  package let resource: ResourceID
  package let operation: any StepOperation

  package init(_ resource: ResourceID, _ operation: any StepOperation) {
    self.resource = resource
    self.operation = operation
  }
}

/// Asks whether the lease of the step's resource is still held. A type of its own, because optimised code of
/// Swift 6.3 crashes where it binds a task-local value of a function type.
package struct LeaseCheck: Sendable {
  let isHeld: @Sendable () -> Bool
  let step: StepIdentity?

  package init(of step: StepIdentity? = nil, _ isHeld: @escaping @Sendable () -> Bool) {
    self.step = step
    self.isHeld = isHeld
  }
}
