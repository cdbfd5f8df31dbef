/// A spec corrected by an observation, so that a plan of it has no steps.
package struct Exported<Spec: Sendable>: Sendable {
  package let spec: Spec
  /// Differences that no manifest can declare, which a plan would still correct.
  package let remarks: [String]

  package init(_ spec: Spec, remarks: [String] = []) {
    self.spec = spec
    self.remarks = remarks
  }
}
