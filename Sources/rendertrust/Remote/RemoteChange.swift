import ControlPlane
import Gateway
import Model

/// A change that a server runs, with its progress shown by a local reporter.
struct RemoteChange: Sendable {
  let server: String
  let transport: any APITransport
  let reporter: any Reporter

  private enum End: Sendable {
    case done(ChangeReport)
    case failed(CommandFailure)
  }

  /// Starts the change and waits for its end.
  /// - Throws: the failure of the change with its exit code, or `unavailable` if the connection ended first.
  func run(_ path: String, _ body: Value, in environment: String?) async throws -> ChangeReport {
    var call = APICall(.post, path)
    call.body = body
    let end = try await transport.follow(call) { [reporter] event -> End? in
      switch ProgressMessage(event) {
      case .progress(let progress): reporter.handler(progress)
      case .remark(let text): reporter.remark(text)
      case .done(let report): return .done(report)
      case .failed(let failure): return .failed(failure)
      case .alive, nil: break
      }
      return nil
    }
    reporter.clear()
    switch end {
    case .done(let report):
      report.warnings.report()
      return report
    case .failed(let failure): throw failure
    case nil:
      let option = environment.map { " --environment \($0)" } ?? ""
      throw CommandFailure.unavailable(
        "the connection to \(server) ended before the change did. The server continues the change; "
          + "follow it with ‘rendertrust get\(option) --server \(server)’ and "
          + "‘rendertrust events\(option) --server \(server)’")
    }
  }

  /// The same with a spinner. Ctrl-C stops watching; the server continues the change.
  func follow(_ path: String, _ body: Value, in environment: String?) async throws -> ChangeReport {
    try await withThrowingTaskGroup(of: ChangeReport?.self) { group in
      group.addTask { try await run(path, body, in: environment) }
      group.addTask { [reporter] in
        await reporter.animate(by: .real)
        return nil
      }
      group.addTask { [reporter, server] in
        await StopSignals.first()
        guard !Task.isCancelled else { return nil }
        reporter.clear()
        throw CommandFailure.failed(
          "stopped watching. \(server) continues the change; "
            + "follow it with ‘rendertrust events --server \(server)’")
      }
      defer {
        group.cancelAll()
        reporter.clear()
      }
      while let report = try await group.next() {
        if let report { return report }
      }
      throw CommandFailure.failed("the change ended without a result")
    }
  }
}

extension RemoteServer {
  /// Runs a change on the server and shows its progress on the terminal.
  /// - Parameter isForPrograms: standard output is reserved for a document.
  func change(
    _ path: String, _ body: Value, in environment: String?, isForPrograms: Bool = false
  ) async throws -> ChangeReport {
    let reporter = LiveProgress(time: .real, showsPlan: true)
    reporter.summariseLater(isForPrograms: isForPrograms)
    return try await connected { transport in
      try await RemoteChange(server: name, transport: transport, reporter: reporter)
        .follow(path, body, in: environment)
    }
  }
}
