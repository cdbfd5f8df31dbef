import CLibCurl
internal import Model

/// The transfers that libcurl is running. Used by the loop's thread only.
struct RunningTransfers {
  private struct Running {
    let transfer: Transfer
    let handle: EasyHandle
  }

  private let multi: UnsafeMutableRawPointer
  private var running: [ObjectIdentifier: Running] = [:]
  /// Handles to reuse: creating one costs more than a small request.
  private var idle: [EasyHandle] = []
  private static let maximumIdle = 64

  init(multi: UnsafeMutableRawPointer) { self.multi = multi }

  mutating func perform(_ command: TransferLoop.Command) {
    switch command {
    case .start(let transfer): start(transfer)
    case .cancel(let transfer):
      end(transfer, HTTPError(.cancelled, peer: transfer.request.peer))
    case .resume(let transfer):
      guard let entry = running[ObjectIdentifier(transfer)] else { return }
      curl_easy_pause(entry.handle.pointer, 0)
    }
  }

  private mutating func start(_ transfer: Transfer) {
    let peer = transfer.request.peer
    guard !transfer.isCancelled else {
      transfer.finish(HTTPError(.cancelled, peer: peer))
      return
    }
    guard let handle = idle.popLast() ?? EasyHandle() else {
      transfer.finish(HTTPError(.failed, peer: peer, detail: "no memory for a transfer"))
      return
    }
    if let error = handle.prepare(for: transfer) {
      handle.free()
      transfer.finish(error)
      return
    }
    let code = curl_multi_add_handle(multi, handle.pointer)
    guard code == CURLM_OK else {
      handle.free()
      transfer.finish(
        HTTPError(.failed, peer: peer, detail: String(cString: curl_multi_strerror(code))))
      return
    }
    running[ObjectIdentifier(transfer)] = Running(transfer: transfer, handle: handle)
  }

  /// Advances all transfers as far as possible without waiting, and ends the finished ones.
  mutating func advance() {
    var count: Int32 = 0
    curl_multi_perform(multi, &count)
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE else { continue }
      let result = rt_curl_message_result(message)
      var context: UnsafeMutableRawPointer?
      rt_curl_get_pointer(message.pointee.easy_handle, CURLINFO_PRIVATE, &context)
      guard let context else { continue }
      let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
      guard let handle = running[ObjectIdentifier(transfer)]?.handle else { continue }
      end(transfer, handle.error(result, peer: transfer.request.peer))
    }
  }

  mutating func abortAll() {
    for entry in running.values {
      curl_multi_remove_handle(multi, entry.handle.pointer)
      entry.handle.free()
      entry.transfer.finish(HTTPError(.closed, peer: entry.transfer.request.peer))
    }
    running = [:]
    for handle in idle { handle.free() }
    idle = []
  }

  private mutating func end(_ transfer: Transfer, _ error: HTTPError?) {
    guard let entry = running.removeValue(forKey: ObjectIdentifier(transfer)) else { return }
    curl_multi_remove_handle(multi, entry.handle.pointer)
    if idle.count < RunningTransfers.maximumIdle {
      entry.handle.clear()
      idle.append(entry.handle)
    } else {
      entry.handle.free()
    }
    transfer.finish(error)
  }
}
