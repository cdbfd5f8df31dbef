import DockerEngine
import Glibc
import Model
import Subprocess
import Testing

extension Installation {
  /// Runs a script of bash, in which `$RT` is the program, `$M` the folder of manifests, `$S` the option
  /// `--state`, and `$F` the folder of this installation.
  @discardableResult
  func shell(_ script: String) async throws -> CommandResult {
    try await shell(script) { _ in }.outcome
  }

  /// Runs a script as above and calls `work` with its process ID, which `exec` gives to the program.
  func shell<Output: Sendable>(
    _ script: String, while work: (pid_t) async throws -> Output
  ) async throws -> (outcome: CommandResult, output: Output) {
    let variables = [
      "RT=\(Installation.program)", "M=\(manifestFolder)", "S=--state=\(state)", "F=\(folder)",
      "DOCKER_HOST=\(engine.endpoint)", "NO_COLOR=1",
    ]
    let result = try await Subprocess.run(
      .name("env"), arguments: Arguments(variables + ["bash", "-c", script]), input: .none,
      output: .string(limit: 16 << 20), error: .string(limit: 16 << 20)
    ) { execution in
      let pid = execution.processIdentifier.value
      let outcome: Result<Output, any Error>
      do { outcome = .success(try await work(pid)) } catch { outcome = .failure(error) }
      return outcome
    }
    let code: Int32 =
      switch result.terminationStatus {
      case .exited(let code): code
      case .signaled(let signal): -signal
      }
    let outcome = CommandResult(exitCode: code, output: result.standardOutput, errors: result.standardError)
    return (outcome, try result.closureResult.get())
  }
}
