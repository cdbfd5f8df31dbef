import Gateway
import Reconciling

/// Tells whoever ordered a change through the API what happens, and the server's own voice the same.
struct RemoteReporter: Reporter {
  let listener: AsyncStream<APIEvent>.Continuation
  let own: any Reporter

  var handler: ProgressHandler {
    let next = own.handler
    return { [listener] progress in
      if let event = ProgressMessage.progress(progress).event { listener.yield(event) }
      next(progress)
    }
  }

  func say(_ text: String) { remark(text) }
  func warn(_ text: String) { remark(text) }
  func remark(_ text: String) {
    if let event = ProgressMessage.remark(text).event { listener.yield(event) }
    own.remark(text)
  }
  func tick() {}
  func clear() {}
}
