internal import Model
import Synchronization

/// One request on its way: shared between the loop's thread, which fills it, and the task that waits.
final class Transfer: Sendable {
  let request: HTTPRequest
  private let state: Mutex<TransferState>

  init(_ request: HTTPRequest, delivery: TransferState.Delivery) {
    self.request = request
    state = Mutex(TransferState(request, delivery: delivery))
  }

  // What the waiting task calls.

  func expectResponse(_ continuation: TransferState.Waiting<HTTPResponse>) {
    state.withLock { $0.wait(for: .response(continuation)) }?.perform()
  }

  func expectHead(_ continuation: TransferState.Waiting<HTTPHead>) {
    state.withLock { $0.wait(for: .head(continuation)) }?.perform()
  }

  /// Whether the loop must be told that there is room again.
  func expectPiece(_ continuation: TransferState.Waiting<[UInt8]?>) -> Bool {
    let (wake, resumes) = state.withLock { state in
      let wake = state.wait(for: .piece(continuation))
      return (wake, state.takeResumption())
    }
    wake?.perform()
    return resumes
  }

  /// From now on the loop will not start it.
  func markCancelled() { state.withLock { $0.isCancelled = true } }

  // What the loop's thread calls.

  var isCancelled: Bool { state.withLock { $0.isCancelled } }

  func receiveHeader(_ line: UnsafeRawBufferPointer) {
    state.withLock { $0.receiveHeader(line) }?.perform()
  }

  func receiveBody(_ bytes: UnsafeRawBufferPointer) -> TransferState.Verdict {
    let (verdict, wake) = state.withLock { $0.receiveBody(bytes) }
    wake?.perform()
    return verdict
  }

  /// Ends the transfer: nil for success. Only the first call counts.
  func finish(_ error: HTTPError?) {
    state.withLock { $0.finish(error) }?.perform()
  }
}
