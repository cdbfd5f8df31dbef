internal import DockerEngine
package import Model

extension DockerHost {
  package func ping() async throws(BackendError) {
    try await translating { () async throws(DockerError) in try await docker.ping() }
  }

  package func run(
    _ command: ContainerCommand, in id: String, errorLine: @escaping @Sendable ([UInt8]) -> Void
  ) async throws(BackendError) -> CommandResult {
    let process = ContainerProcess(
      in: id, command.line, input: command.input, environment: command.environment,
      maxOutputBytes: command.maxOutputBytes, timeout: command.timeout)
    let result = try await translating { () async throws(DockerError) in
      try await docker.run(process, errorLine: errorLine)
    }
    let end: CommandResult.End =
      switch result.end {
      case .exited(let code): .exited(code)
      case .timedOut: .timedOut
      case .tooMuchOutput: .tooMuchOutput
      }
    return CommandResult(end, output: result.output, errors: result.errors, cpuTime: result.cpuTime)
  }
}
