internal import Model
import Synchronization

/// One request in progress, shared between the loop's thread, which fills it, and the task that waits for it.
final class Transfer: Sendable {
  let request: HTTPRequest
  private let state: Mutex<TransferState>

  init(_ request: HTTPRequest, delivery: TransferState.Delivery) {
    self.request = request
    state = Mutex(TransferState(request, delivery: delivery))
  }

  // Called by the waiting task.

  func expectResponse(_ continuation: TransferState.Waiting<HTTPResponse>) {
    state.withLock { $0.wait(for: .response(continuation)) }?.perform()
  }

  func expectHead(_ continuation: TransferState.Waiting<HTTPHead>) {
    state.withLock { $0.wait(for: .head(continuation)) }?.perform()
  }

  /// Returns whether the loop must resume the sender, because the reader has emptied the buffer.
  func expectPiece(_ continuation: TransferState.Waiting<[UInt8]?>) -> Bool {
    let (wake, resumes) = state.withLock { state in
      let wake = state.wait(for: .piece(continuation))
      return (wake, state.takeResumption())
    }
    wake?.perform()
    return resumes
  }

  /// Prevents the loop from starting the transfer.
  func markCancelled() { state.withLock { $0.isCancelled = true } }

  // Called by the loop's thread.

  var isCancelled: Bool { state.withLock { $0.isCancelled } }

  func receiveHeader(_ line: UnsafeRawBufferPointer) {
    state.withLock { $0.receiveHeader(line) }?.perform()
  }

  func receiveBody(_ bytes: UnsafeRawBufferPointer) -> TransferState.BodyAction {
    let (action, wake) = state.withLock { $0.receiveBody(bytes) }
    wake?.perform()
    return action
  }

  /// Ends the transfer: nil for success. Later calls have no effect.
  func finish(_ error: HTTPError?) {
    state.withLock { $0.finish(error) }?.perform()
  }
}
