internal import Glibc
package import Model
internal import NIOCore

/// Why a server cannot listen.
package enum GatewayErrorCode: String, ProblemCode {
  case inUse = "in-use"
  case denied
  case noAddress = "no-address"
  case failed

  package static let domain = "gateway"
}

package typealias GatewayError = Problem<GatewayErrorCode>

extension GatewayError {
  /// - Parameter flag: The program's option that sets the address.
  init(_ error: any Error, at address: ListenAddress, flag: String) {
    switch (error as? IOError)?.errnoCode {
    case EADDRINUSE:
      self.init(
        .inUse, "cannot listen on \(address): something else listens there",
        hint: "give another address with \(flag), or stop what listens there")
    case EACCES, EPERM:
      self.init(
        .denied, "cannot listen on \(address): permission denied",
        hint: "give a port above 1023 or a folder that this user may write to")
    case EADDRNOTAVAIL:
      self.init(
        .noAddress, "cannot listen on \(address): this machine has no such address",
        hint: "give one of its own addresses, such as 127.0.0.1:9464")
    default:
      self.init(
        .failed, "cannot listen on \(address): \(error)", hint: "give another address with \(flag)")
    }
  }
}
