import DockerEngine
import DockerSupport
import FoundationEssentials
import Glibc
import HTTP
import Subprocess

/// A server on the state of an installation, in a PID namespace of its own and with sockets of its own.
struct NamespacedServer: Sendable {
  private let installation: Installation
  private let name: String

  init(_ installation: Installation, _ name: String) {
    self.installation = installation
    self.name = name
  }

  private var gateway: String { "\(installation.folder)/\(name)-g.sock" }

  /// The response of the server; nil if it does not listen.
  func ask(_ path: String) async -> HTTPResponse? {
    let client = HTTPClient()
    defer { client.shutdown() }
    return try? await client.send(HTTPRequest(.get, "http://localhost/\(path)", unixSocket: gateway))
  }

  /// Runs the server during `work`, then ends it with SIGTERM.
  func run(_ work: () async throws -> Void) async throws -> CommandResult {
    let words = [
      "--pid", "--fork", "--mount-proc", "--kill-child", "env", "DOCKER_HOST=\(installation.engine.endpoint)",
      "NO_COLOR=1", Installation.program, "server", installation.manifestFolder, "--state",
      installation.state, "--listen", "unix://\(gateway)", "--api-listen",
      "unix://\(installation.folder)/\(name)-a.sock", "--resync", "2s",
    ]
    let result = try await Subprocess.run(
      .name("unshare"), arguments: Arguments(words), input: .none, output: .string(limit: 16 << 20),
      error: .string(limit: 16 << 20)
    ) { execution in
      let pid = execution.processIdentifier.value
      let outcome: Result<Void, any Error>
      do { outcome = .success(try await work()) } catch { outcome = .failure(error) }
      for child in NamespacedServer.children(of: pid) { kill(child, SIGTERM) }
      return outcome
    }
    let code: Int32 =
      switch result.terminationStatus {
      case .exited(let code): code
      case .signaled(let signal): -signal
      }
    try result.closureResult.get()
    return CommandResult(exitCode: code, output: result.standardOutput, errors: result.standardError)
  }

  private static func children(of pid: pid_t) -> [pid_t] {
    let text = try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)
    return (text ?? "").split(separator: " ").compactMap { pid_t($0) }
  }
}
