package import Model

/// A program to start inside a running container, beside the container's own.
package struct ContainerCommand: Hashable, Sendable {
  /// Program and arguments; no shell interprets them.
  package var line: [String]
  /// The complete standard input.
  package var input: [UInt8]
  /// Variables in addition to the container's own.
  package var environment: [String: String] = [:]
  /// Bytes of standard output. A program that writes more is killed.
  package var maxOutputBytes: Int
  /// A program that runs longer is killed.
  package var timeout: Duration

  package init(
    _ line: [String], input: [UInt8], maxOutputBytes: Int, timeout: Duration
  ) {
    self.line = line
    self.input = input
    self.maxOutputBytes = maxOutputBytes
    self.timeout = timeout
  }
}

/// The result of a command.
package struct CommandResult: Hashable, Sendable {
  package enum End: Hashable, Sendable {
    /// With its exit code; 128 plus the signal's number where a signal ended it.
    case exited(Int)
    case timedOut
    case tooMuchOutput
  }

  package let end: End
  package let output: [UInt8]
  /// The end of its standard error.
  package let errors: [UInt8]
  /// Processor time; nil where it was not measured.
  package let cpuTime: TimeSpan?

  package init(_ end: End, output: [UInt8] = [], errors: [UInt8] = [], cpuTime: TimeSpan? = nil) {
    self.end = end
    self.output = output
    self.errors = errors
    self.cpuTime = cpuTime
  }
}
