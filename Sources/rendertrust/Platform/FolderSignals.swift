import Dispatch
import Glibc
import Synchronization

/// Says that something happened in folders, by the kernel's inotify. Nothing may rely on it: folders of other machines
/// give no signals, and of too many at once some get lost.
final class FolderSignals: Sendable {
  private let descriptor: Int32
  private let happenings = Atomic(0)
  private let told = Atomic(0)
  private let stop: @Sendable () -> Void

  /// What matters is that a file is complete; that it is being written only says that it is not.
  private static let mask = UInt32(
    IN_CLOSE_WRITE | IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_ATTRIB
      | IN_DELETE_SELF | IN_MOVE_SELF)

  /// - Parameter notice: called after each happening, on a thread of its own; never after this is gone.
  /// Nil where the kernel gives no more of it.
  init?(_ notice: @escaping @Sendable () -> Void) {
    let descriptor = inotify_init1(Int32(IN_NONBLOCK.rawValue | IN_CLOEXEC.rawValue))
    guard descriptor >= 0 else { return nil }
    self.descriptor = descriptor
    let queue = DispatchQueue(label: "rendertrust.folder-signals")
    let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
    stop = { source.cancel() }
    source.setCancelHandler { close(descriptor) }
    source.setEventHandler { [weak self] in
      FolderSignals.drain(descriptor)
      guard let self else { return }
      self.happenings.add(1, ordering: .relaxed)
      notice()
    }
    source.resume()
  }

  deinit { stop() }

  /// False where not all folders can be watched.
  func watch(_ folders: [String]) -> Bool {
    folders.allSatisfy { inotify_add_watch(descriptor, $0, FolderSignals.mask) >= 0 }
  }

  /// How often something happened.
  var count: Int { happenings.load(ordering: .relaxed) }

  /// Whether anything happened since `forgetNews`.
  var hasNews: Bool { count != told.load(ordering: .relaxed) }
  func forgetNews() { told.store(count, ordering: .relaxed) }

  /// What happened is of no interest, only that it did.
  private static func drain(_ descriptor: Int32) {
    withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 8) { buffer in
      while read(descriptor, buffer.baseAddress, buffer.count) > 0 {}
    }
  }
}
