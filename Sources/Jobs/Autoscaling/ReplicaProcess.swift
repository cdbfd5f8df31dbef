package import Model
internal import Subprocess

/// Runs replicas as child processes. The standard input of each child is a pipe from this process. The kernel
/// closes it when this process exits for any reason, and the child then exits too (`ParentDeathWatch`).
package struct ReplicaProcess: ReplicaSpawner {
  private let command: [String]
  private let environment: [String: Secret]
  private let line: @Sendable (_ name: String, _ line: String) -> Void

  /// - Parameters:
  ///   - command: an absolute path and its arguments.
  ///   - environment: the environment of the child, except the variables that are set here.
  ///   - line: receives the output of the child, line by line.
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
    let variables = values.map { (Environment.Key(stringLiteral: $0.key), $0.value) }
    var options = PlatformOptions()
    // A scheduler releases its work on SIGTERM.
    options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(10))]
    do {
      let result = try await Subprocess.run(
        .name("env"), arguments: Arguments(command),
        environment: .custom(Dictionary(uniqueKeysWithValues: variables)),
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
