import CLibCurl
import Glibc
internal import Model
import Synchronization

/// The thread that runs all transfers of a client, and the inbox that tasks post to.
final class TransferLoop: Sendable {
  enum Command {
    case start(Transfer)
    case cancel(Transfer)
    case resume(Transfer)
  }

  private struct Inbox {
    var commands: [Command] = []
    var isOpen = true
  }

  private let inbox: Mutex<Inbox>
  /// Owned by the loop's thread. Other threads only call `curl_multi_wakeup`, which libcurl allows from any
  /// thread, and only under the inbox's lock while it is open: the thread closes the inbox before it frees
  /// the handle.
  nonisolated(unsafe) private let multi: UnsafeMutableRawPointer?

  private static let isLibraryReady = curl_global_init(3) == CURLE_OK

  init(connectionsPerHost: Int) {
    multi = TransferLoop.isLibraryReady ? curl_multi_init() : nil
    inbox = Mutex(Inbox(isOpen: multi != nil))
    guard let multi else { return }
    rt_curl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, connectionsPerHost)
    rt_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, connectionsPerHost)
    guard !DetachedThread.start({ self.run() }) else { return }
    inbox.withLock { $0.isOpen = false }
    curl_multi_cleanup(multi)
  }

  func start(_ transfer: Transfer) {
    if !post(.start(transfer)) { transfer.finish(HTTPError(.closed, peer: transfer.request.peer)) }
  }

  func cancel(_ transfer: Transfer) {
    transfer.markCancelled()
    _ = post(.cancel(transfer))
  }

  func resume(_ transfer: Transfer) { _ = post(.resume(transfer)) }

  func shutdown() {
    inbox.withLock { inbox in
      guard inbox.isOpen else { return }
      inbox.isOpen = false
      curl_multi_wakeup(multi)
    }
  }

  /// Returns false when the loop is closed.
  private func post(_ command: Command) -> Bool {
    inbox.withLock { inbox in
      guard inbox.isOpen else { return false }
      inbox.commands.append(command)
      // One wake-up is enough until the thread has emptied the inbox.
      if inbox.commands.count == 1 { curl_multi_wakeup(multi) }
      return true
    }
  }

  private func run() {
    guard let multi else { return }
    var transfers = RunningTransfers(multi: multi)
    while true {
      let (commands, isOpen) = inbox.withLock { inbox in
        let commands = inbox.commands
        inbox.commands = []
        return (commands, inbox.isOpen)
      }
      for command in commands { transfers.perform(command) }
      guard isOpen else { break }
      transfers.advance()
      curl_multi_poll(multi, nil, 0, 60_000, nil)
    }
    transfers.abortAll()
    curl_multi_cleanup(multi)
  }
}
