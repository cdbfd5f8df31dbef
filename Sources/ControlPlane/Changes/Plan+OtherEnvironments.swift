import Model
import Reconciling

extension Plan {
  /// Refuses a plan, before its first step, in which a resource declares what belongs to another environment:
  /// the manifests are a copy of those of the other environment, or the environment was renamed.
  func refuseThingsOfOtherEnvironments(reportingTo reporter: any Reporter) throws(OperationError) {
    let concerned = resources.filter { resource in
      resource.blockedBy.contains { finding in
        if case .owned(let conflict, _) = finding.reason { conflict.relation == .environment } else { false }
      }
    }
    guard !concerned.isEmpty else { return }
    reporter.handler(.planned(self))
    throw .blocked(
      "nothing was changed: "
        + (concerned.count == 1 ? "a resource declares" : "\(concerned.count) resources declare")
        + " what belongs to another environment: "
        + concerned.map(\.id.description).joined(separator: ", "))
  }
}
