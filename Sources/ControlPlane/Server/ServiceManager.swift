import Glibc
package import Model

/// Notifies systemd about the state of the service, as sd_notify(3) describes. Does nothing without a notify
/// socket.
package struct ServiceManager: Sendable {
  private let path: String?
  /// The interval of the systemd watchdog; nil if it is off.
  package let watchdog: TimeSpan?

  package init(environment: [String: String]) {
    path = environment["NOTIFY_SOCKET"].flatMap { $0.hasPrefix("/") || $0.hasPrefix("@") ? $0 : nil }
    let isOurs = environment["WATCHDOG_PID"].map { $0 == String(getpid()) } ?? true
    let span = environment["WATCHDOG_USEC"].flatMap { Int64($0) }.map { TimeSpan(milliseconds: $0 / 1000) }
    watchdog = isOurs ? span : nil
  }

  package func ready(_ status: String) { send("READY=1\nSTATUS=\(status)") }
  package func stopping() { send("STOPPING=1") }
  package func alive() { send("WATCHDOG=1") }

  private func send(_ text: String) {
    guard let path else { return }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var name = Array(path.utf8)
    // A name in the abstract namespace begins with a zero byte.
    if name.first == UInt8(ascii: "@") { name[0] = 0 }
    guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count + (name[0] == 0 ? 0 : 1))
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        // A lost notification does not matter: the next one follows.
        _ = sendto(
          descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT), address,
          length)
      }
    }
  }
}
