import ControlPlane
import Gateway
import Glibc
import Model

/// A change that a server carries out, shown as if it happened here.
struct RemoteChange: Sendable {
  let server: String
  let transport: any APITransport
  let voice: any Reporter

  private enum End: Sendable {
    case done(ChangeReport)
    case failed(CommandFailure)
  }

  /// Orders it and follows it to its end.
  /// - Throws: what the server could not do, with the exit code that it has here; and that nobody knows how it ended.
  func order(_ path: String, _ body: Value, in environment: String?) async throws -> ChangeReport {
    var call = APICall(.post, path)
    call.body = body
    let end = try await transport.follow(call) { [voice] event -> End? in
      switch ProgressMessage(event) {
      case .progress(let progress): voice.handler(progress)
      case .remark(let text): voice.remark(text)
      case .done(let report): return .done(report)
      case .failed(let failure): return .failed(failure)
      case .alive, nil: break
      }
      return nil
    }
    voice.clear()
    switch end {
    case .done(let report):
      report.warnings.report()
      return report
    case .failed(let failure): throw failure
    case nil:
      let option = environment.map { " --environment \($0)" } ?? ""
      throw CommandFailure.unavailable(
        "the connection to \(server) ended before the change did. The server goes on with it; see what comes of it with "
          + "‘rendertrust get\(option) --server \(server)’ and ‘rendertrust events\(option) --server \(server)’"
      )
    }
  }

  /// The same on a terminal: a sign of life meanwhile. Ctrl-C ends the watching and leaves the change to the server.
  func follow(_ path: String, _ body: Value, in environment: String?) async throws -> ChangeReport {
    try await withThrowingTaskGroup(of: ChangeReport?.self) { group in
      group.addTask { try await order(path, body, in: environment) }
      group.addTask { [voice] in
        while (try? await Task.sleep(for: .milliseconds(100))) != nil { voice.tick() }
        return nil
      }
      group.addTask { [voice, server] in
        await StopSignals.first()
        guard !Task.isCancelled else { return nil }
        voice.clear()
        throw CommandFailure.failed(
          "not watched any more. \(server) goes on with the change; see what comes of it with ‘rendertrust events "
            + "--server \(server)’")
      }
      defer {
        group.cancelAll()
        voice.clear()
      }
      while let report = try await group.next() {
        if let report { return report }
      }
      throw CommandFailure.failed("the change has no end")
    }
  }
}
