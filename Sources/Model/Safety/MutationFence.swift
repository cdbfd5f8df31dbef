/// Whether the step that runs in this task may still change outside systems. The executor sets it for each
/// step; drivers check it right before each call that changes something, because the controller may have been
/// paused inside the step while another one took over its lease.
///
/// Child tasks and unstructured tasks inherit it. A driver that hands work to a thread checks before it does.
/// Outside of steps every call is allowed.
package enum MutationFence {
  /// Nil outside of steps.
  @TaskLocal package static var lease: LeaseCheck?

  /// Throws when the lease was lost. The system was not called.
  /// - Parameter code: the code of the driver's error.
  package static func require<Code: ProblemCode>(_ code: Code) throws(Problem<Code>) {
    guard let lease, !lease.isHeld() else { return }
    throw Problem(
      code, "not called, because this controller no longer holds the lease of the resource",
      hint: "nothing to do: the controller that holds the lease continues", retry: .later, effect: .settled)
  }
}

/// Asks whether the lease of the step's resource is still held. A type of its own, because optimised code of
/// Swift 6.3 crashes where it binds a task-local value of a function type.
package struct LeaseCheck: Sendable {
  let isHeld: @Sendable () -> Bool

  package init(_ isHeld: @escaping @Sendable () -> Bool) { self.isHeld = isHeld }
}
