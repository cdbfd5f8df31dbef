import Dispatch
import Glibc
package import Model
package import Reconciling
import Synchronization

/// Signals changes in folders through the kernel's inotify. Signals are hints: network folders send none, and
/// bursts may lose some.
package final class FolderSignals: Sendable {
  private struct State {
    /// The number of changes.
    var count = 0
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let state: Mutex<State>
  private let descriptor: Int32
  /// Safe: created in `init` and only cancelled later, which Dispatch allows from any thread.
  private nonisolated(unsafe) let source: any DispatchSourceRead

  /// Includes writes, which show that a file is not complete yet.
  private static let mask = UInt32(
    IN_CLOSE_WRITE | IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_ATTRIB
      | IN_DELETE_SELF | IN_MOVE_SELF)

  /// Nil if the kernel has no inotify instances left.
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
      self?.recordChange()
    }
    source.resume()
  }

  deinit { source.cancel() }

  /// Returns false unless all folders are watched.
  package func watch(_ folders: [String]) -> Bool {
    folders.allSatisfy { inotify_add_watch(descriptor, $0, FolderSignals.mask) >= 0 }
  }

  /// The time without signals after which a change of several files is complete.
  private static let quietPeriod = TimeSpan(milliseconds: 15)
  private static let maxUnrest = TimeSpan(milliseconds: 500)

  /// Waits for a change and the quiet period after it, or until the time is over. Without signals it waits
  /// for the whole time.
  /// - Returns: whether a change happened and is complete.
  package static func waitForQuiet(
    _ signals: FolderSignals?, within span: TimeSpan, _ time: TimeSource
  ) async -> Bool {
    guard let signals else {
      _ = try? await time.sleep(span)
      return false
    }
    let before = signals.count
    guard await signals.hasChange(since: before, within: span, time) else { return false }
    let end = time.now() + maxUnrest
    var seen = signals.count
    while time.now() < end, await signals.hasChange(since: seen, within: quietPeriod, time) {
      seen = signals.count
    }
    return time.now() < end
  }

  private var count: Int { state.withLock { $0.count } }

  private func hasChange(since count: Int, within span: TimeSpan, _ time: TimeSource) async -> Bool {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.waitForChange(since: count) }
      group.addTask { _ = try? await time.sleep(span) }
      await group.next()
      group.cancelAll()
    }
    return self.count != count
  }

  /// Returns after the next change, at once if there was one since, and when the task is cancelled.
  private func waitForChange(since count: Int) async {
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

  private func recordChange() {
    state.withLock { $0.count += 1 }
    takeWaiter()?.resume()
  }

  /// Discards the pending events.
  private static func drain(_ descriptor: Int32) {
    withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 8) { buffer in
      while read(descriptor, buffer.baseAddress, buffer.count) > 0 {}
    }
  }
}
