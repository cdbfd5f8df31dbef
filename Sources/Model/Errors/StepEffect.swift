/// Whether a call that failed may change the outside system after it returned.
package enum StepEffect: String, Sendable, Codable, CaseIterable {
  /// The call changes nothing more.
  case settled
  /// The outside system may still be executing the request: the call timed out or was cancelled.
  case uncertain
}
