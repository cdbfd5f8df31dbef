/// A code such as `docker.unreachable`.
package struct BackendErrorCode: OpenProblemCode {
  package let rawValue: String
  package init(rawValue: String) { self.rawValue = rawValue }
}

/// Why an outside system was not observed or not changed. Safe to show: never holds a secret.
package typealias BackendError = Problem<BackendErrorCode>
