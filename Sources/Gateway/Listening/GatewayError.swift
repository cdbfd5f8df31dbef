internal import Glibc
internal import NIOCore

/// A server that could not begin to listen.
package struct GatewayError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A stable word for programs, such as `gateway.in-use`.
  package let code: String
  package let message: String
  package let hint: String

  package var description: String { "\(message); \(hint)" }

  /// - Parameter flag: of the program, that says where to listen.
  init(_ error: any Error, at address: ListenAddress, flag: String) {
    let number = (error as? IOError)?.errnoCode
    switch number {
    case EADDRINUSE:
      code = "gateway.in-use"
      message = "cannot listen on \(address): something else listens there"
      hint = "give another address with \(flag), or stop what listens there"
    case EACCES, EPERM:
      code = "gateway.denied"
      message = "cannot listen on \(address): permission denied"
      hint = "give a port above 1023 or a folder that this user may write to"
    case EADDRNOTAVAIL:
      code = "gateway.no-address"
      message = "cannot listen on \(address): this machine has no such address"
      hint = "give one of its own addresses, such as 127.0.0.1:9464"
    default:
      code = "gateway.failed"
      message = "cannot listen on \(address): \(error)"
      hint = "give another address with \(flag)"
    }
  }
}
