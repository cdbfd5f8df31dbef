package import Model

/// A program to be run inside a running container, beside what it runs by itself.
package struct ContainerProcess: Sendable {
  /// Id or name of the container.
  package var container: String
  /// Program and arguments, as they are: no shell reads them.
  package var command: [String]
  /// Standard input; closed after its last byte.
  package var input: [UInt8]
  /// Variables beside the container's own, whose values they replace.
  package var environment: [String: String]
  /// Bytes of standard output; a process that writes more is ended.
  package var mostOutput: Int
  /// Bytes of standard error that are kept, the last ones.
  package var mostErrors: Int
  /// How long it may run; then it is ended.
  package var timeout: Duration

  package init(
    in container: String, _ command: [String], input: [UInt8] = [], environment: [String: String] = [:],
    mostOutput: Int = 1 << 20, mostErrors: Int = 16 << 10, timeout: Duration
  ) {
    self.container = container
    self.command = command
    self.input = input
    self.environment = environment
    self.mostOutput = mostOutput
    self.mostErrors = mostErrors
    self.timeout = timeout
  }
}

/// How a process inside a container came to its end.
package struct ContainerProcessResult: Sendable, Hashable {
  package enum End: Sendable, Hashable {
    /// With its exit code; 128 and the number of a signal that ended it.
    case exited(Int)
    /// It was ended here: its time was up.
    case timedOut
    /// It was ended here: it wrote more than `mostOutput`.
    case tooMuchOutput
  }

  package let end: End
  package let output: [UInt8]
  /// The last lines of standard error.
  package let errors: [UInt8]
  /// What it and the children that it waited for took of the processors; nil where that was not measured: the image has
  /// no shell, or the process was ended.
  package let cpuTime: TimeSpan?

  package init(end: End, output: [UInt8], errors: [UInt8], cpuTime: TimeSpan?) {
    self.end = end
    self.output = output
    self.errors = errors
    self.cpuTime = cpuTime
  }
}
