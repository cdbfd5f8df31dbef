package import Gateway
package import Manifests
package import Reconciling

/// Sends the progress of a change to its remote caller, and reports it to the server.
package struct RemoteReporter: Reporter {
  package let listener: AsyncStream<APIEvent>.Continuation
  /// The reporter of the server.
  package let server: any Reporter

  package var handler: ProgressHandler {
    let next = server.handler
    return { [listener] progress in
      if let event = ProgressMessage.progress(progress).event { listener.yield(event) }
      next(progress)
    }
  }

  package func say(_ text: String) { remark(text) }
  package func warn(_ text: String) { remark(text) }
  package func remark(_ text: String) {
    if let event = ProgressMessage.remark(text).event { listener.yield(event) }
    server.remark(text)
  }
  package func report(_ diagnostics: [Diagnostic]) { server.report(diagnostics) }
  package func tick() {}
  package func clear() {}
}
