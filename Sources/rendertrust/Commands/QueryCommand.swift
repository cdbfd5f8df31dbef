import ArgumentParser
import ControlPlane
import Model

/// A command that sends one query to the state or to a server and prints the answer.
protocol QueryCommand: AsyncParsableCommand {
  associatedtype Request: Query

  var connection: ConnectionOptions { get }
  /// - Throws: a usage failure if the arguments are invalid together.
  func query() throws -> Request
  func write(_ answer: Request.Answer)
}

extension QueryCommand {
  func run() async throws { write(try await connection.send(try query())) }
}
