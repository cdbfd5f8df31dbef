package import Model

/// A program to be started inside a container that runs, beside its own.
package struct ContainerCommand: Hashable, Sendable {
  /// Program and arguments; no shell reads them.
  package var line: [String]
  /// Standard input, which ends after it.
  package var input: [UInt8]
  /// Variables beside the container's own.
  package var environment: [String: String]
  /// Bytes of standard output; whoever writes more is ended.
  package var mostOutput: Int
  /// How long it may run; then it is ended.
  package var timeout: Duration

  package init(
    _ line: [String], input: [UInt8], environment: [String: String] = [:], mostOutput: Int, timeout: Duration
  ) {
    self.line = line
    self.input = input
    self.environment = environment
    self.mostOutput = mostOutput
    self.timeout = timeout
  }
}

/// How a command ended.
package struct CommandResult: Hashable, Sendable {
  package enum End: Hashable, Sendable {
    /// With its exit code; 128 and the number of a signal that ended it.
    case exited(Int)
    case timedOut
    case tooMuchOutput
  }

  package let end: End
  package let output: [UInt8]
  /// The last of what it wrote to standard error.
  package let errors: [UInt8]
  /// Time of the processors that it took; nil where it was not measured.
  package let cpuTime: TimeSpan?

  package init(_ end: End, output: [UInt8] = [], errors: [UInt8] = [], cpuTime: TimeSpan? = nil) {
    self.end = end
    self.output = output
    self.errors = errors
    self.cpuTime = cpuTime
  }
}
