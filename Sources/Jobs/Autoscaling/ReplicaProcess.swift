package import Model
internal import Subprocess

/// Replicas as children of this process. Each holds the other end of a pipe as its standard input: the kernel
/// closes it when this process ends in whatever way, and the child follows (`ParentDeathWatch`).
package struct ReplicaProcess: ReplicaSpawner {
  private let command: [String]
  private let environment: [String: Secret]
  private let line: @Sendable (_ name: String, _ line: String) -> Void

  /// - Parameters:
  ///   - command: an absolute path and its arguments.
  ///   - environment: all that the child sees, beside what it needs to follow this process.
  ///   - line: takes what the child prints, line by line.
  package init(
    command: [String], environment: [String: Secret],
    line: @escaping @Sendable (_ name: String, _ line: String) -> Void
  ) {
    self.command = command
    self.environment = environment
    self.line = line
  }

  package func run(_ name: String) async -> String {
    var values = environment.mapValues { $0.reveal() }
    values["PATH"] = values["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    values[ReplicaEnvironment.name] = name
    values[ParentDeathWatch.variable] = ParentDeathWatch.value
    var options = PlatformOptions()
    // A scheduler gives its work back when it is asked to end.
    options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(10))]
    do {
      let result = try await Subprocess.run(
        .name("env"), arguments: Arguments(command),
        environment: .custom(
          Dictionary(uniqueKeysWithValues: values.map { (Environment.Key(stringLiteral: $0.key), $0.value) })),
        platformOptions: options, input: .inputWriter, output: .sequence, error: .combinedWithOutput
      ) { execution in
        for try await text in execution.standardOutput.strings() {
          line(name, String(text.last?.isNewline == true ? text.dropLast() : text[...]))
        }
      }
      return "ended: \(result.terminationStatus)"
    } catch {
      return Task.isCancelled ? "was stopped" : "did not run: \(error)"
    }
  }
}
