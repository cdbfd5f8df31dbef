package import Model

/// A program to run inside a running container, in addition to the container's own.
package struct ContainerProcess: Sendable {
  /// Id or name of the container.
  package var container: String
  /// Program and arguments; no shell interprets them.
  package var command: [String]
  /// Standard input; closed after its last byte.
  package var input: [UInt8]
  /// Added to the container's own variables; equal names replace them.
  package var environment: [String: String]
  /// The maximum number of bytes of standard output; a process that writes more is ended.
  package var maxOutputBytes: Int
  /// The maximum number of bytes of standard error that are kept, the last ones.
  package var maxErrorBytes: Int
  /// The time limit; a process that runs longer is ended.
  package var timeout: Duration

  package init(
    in container: String, _ command: [String], input: [UInt8] = [], environment: [String: String] = [:],
    maxOutputBytes: Int = 1 << 20, maxErrorBytes: Int = 16 << 10, timeout: Duration
  ) {
    self.container = container
    self.command = command
    self.input = input
    self.environment = environment
    self.maxOutputBytes = maxOutputBytes
    self.maxErrorBytes = maxErrorBytes
    self.timeout = timeout
  }
}

/// The end of a process inside a container.
package struct ContainerProcessResult: Sendable, Hashable {
  package enum End: Sendable, Hashable {
    /// Exit code; for a process that a signal ended, 128 plus the signal's number.
    case exited(Int)
    /// The driver ended it after its timeout.
    case timedOut
    /// The driver ended it because it wrote more than `maxOutput`.
    case tooMuchOutput
  }

  package let end: End
  package let output: [UInt8]
  /// The last lines of standard error.
  package let errors: [UInt8]
  /// The processor time of the process and of the children that it waited for. Nil where it was not measured:
  /// the image has no shell, or the process was ended.
  package let cpuTime: TimeSpan?
}
