import Dispatch
import Glibc
package import Model
package import Reconciling
import Synchronization

/// Says that something happened in folders, by the kernel's inotify. Nothing may rely on it: folders of other machines
/// give no signals, and of too many at once some get lost.
package final class FolderSignals: Sendable {
  private struct State {
    /// How often something happened.
    var count = 0
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let state: Mutex<State>
  private let descriptor: Int32
  /// `unsafe` in name only: it is made here and only cancelled later, which Dispatch allows from any thread.
  private nonisolated(unsafe) let source: any DispatchSourceRead

  /// Also that a file is being written, which says that it is not complete yet.
  private static let mask = UInt32(
    IN_CLOSE_WRITE | IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_ATTRIB
      | IN_DELETE_SELF | IN_MOVE_SELF)

  /// Nil where the kernel gives no more of it.
  package init?() {
    let descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
    guard descriptor >= 0 else { return nil }
    self.descriptor = descriptor
    state = Mutex(State())
    let queue = DispatchQueue(label: "rendertrust.folder-signals")
    source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
    source.setCancelHandler { close(descriptor) }
    source.setEventHandler { [weak self] in
      FolderSignals.drain(descriptor)
      self?.note()
    }
    source.resume()
  }

  deinit { source.cancel() }

  /// False where not all folders can be watched.
  package func watch(_ folders: [String]) -> Bool {
    folders.allSatisfy { inotify_add_watch(descriptor, $0, FolderSignals.mask) >= 0 }
  }

  /// Nothing happened for so long: a change of several files is complete.
  private static let rest = TimeSpan(milliseconds: 15)
  private static let longestUnrest = TimeSpan(milliseconds: 500)

  /// Waits until something happened and rests, or until the time is over. Without signals it is the time alone.
  /// - Returns: whether it is known that nothing goes on.
  package static func quiet(_ signals: FolderSignals?, within span: TimeSpan, _ time: TimeSource) async
    -> Bool
  {
    guard let signals else {
      _ = try? await time.sleep(span)
      return false
    }
    let before = signals.count
    guard await signals.hasNews(since: before, within: span, time) else { return false }
    let end = time.now() + longestUnrest
    var seen = signals.count
    while time.now() < end, await signals.hasNews(since: seen, within: rest, time) { seen = signals.count }
    return time.now() < end
  }

  private var count: Int { state.withLock { $0.count } }

  private func hasNews(since count: Int, within span: TimeSpan, _ time: TimeSource) async -> Bool {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.news(since: count) }
      group.addTask { _ = try? await time.sleep(span) }
      await group.next()
      group.cancelAll()
    }
    return self.count != count
  }

  /// Returns at once where something happened since, and when the task is cancelled.
  private func news(since count: Int) async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          if state.count != count || Task.isCancelled { return true }
          state.waiter = continuation
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      takeWaiter()?.resume()
    }
  }

  private func takeWaiter() -> CheckedContinuation<Void, Never>? {
    state.withLock { state in
      defer { state.waiter = nil }
      return state.waiter
    }
  }

  private func note() {
    state.withLock { $0.count += 1 }
    takeWaiter()?.resume()
  }

  /// What happened is of no interest, only that it did.
  private static func drain(_ descriptor: Int32) {
    withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 8) { buffer in
      while read(descriptor, buffer.baseAddress, buffer.count) > 0 {}
    }
  }
}
