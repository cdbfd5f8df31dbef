package import Gateway
package import Manifests
package import Reconciling

/// Tells whoever ordered a change through the API what happens, and the server's own voice the same.
package struct RemoteReporter: Reporter {
  package let listener: AsyncStream<APIEvent>.Continuation
  package let own: any Reporter

  package var handler: ProgressHandler {
    let next = own.handler
    return { [listener] progress in
      if let event = ProgressMessage.progress(progress).event { listener.yield(event) }
      next(progress)
    }
  }

  package func say(_ text: String) { remark(text) }
  package func warn(_ text: String) { remark(text) }
  package func remark(_ text: String) {
    if let event = ProgressMessage.remark(text).event { listener.yield(event) }
    own.remark(text)
  }
  package func report(_ diagnostics: [Diagnostic]) { own.report(diagnostics) }
  package func tick() {}
  package func clear() {}
}
