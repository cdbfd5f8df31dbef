import Glibc
package import Reconciling

extension ControllerReplica {
  /// This process, as others see it.
  package static func here(_ role: String, isExclusive: Bool = false) -> ControllerReplica {
    let digits = String(UInt32.random(in: .min ... .max), radix: 16)
    let mark = String(repeating: "0", count: 8 - digits.count) + digits
    return ControllerReplica(
      name: "\(role)-\(getpid())-\(mark)", role: role, host: Authorship.hostName,
      process: ProcessMark.own, isExclusive: isExclusive)
  }
}

/// Names a process so that others on the same machine can tell whether it still runs, and nobody else thinks so: the
/// boot, the namespace of process numbers, the number, and when it started.
package enum ProcessMark {
  /// Nil where the system does not tell.
  package static let own: String? = here.flatMap { place in
    start(of: getpid()).map { "\(place)/\(getpid())/\($0)" }
  }

  /// Whether the process behind a replica has ended; false where that cannot be known from here.
  package static func isGone(_ replica: ControllerReplica) -> Bool {
    guard let here, let parts = replica.process?.split(separator: "/"), parts.count == 4,
      here == "\(parts[0])/\(parts[1])", let number = Int32(parts[2])
    else { return false }
    return start(of: number) != String(parts[3])
  }

  private static let here: String? = {
    var name = [UInt8](repeating: 0, count: 256)
    let count = readlink("/proc/self/ns/pid", &name, name.count)
    guard count > 0, let boot = line("/proc/sys/kernel/random/boot_id") else { return nil }
    return "\(boot)/\(String(decoding: name[..<count], as: UTF8.self))"
  }()

  /// Ticks since the boot; nil for a process that does not run, or has ended and only waits for its parent.
  private static func start(of number: pid_t) -> String? {
    // The program's name, in brackets, may hold spaces and brackets itself.
    guard let fields = line("/proc/\(number)/stat")?.split(separator: ")").last?.split(separator: " "),
      fields.count > 19, fields[0] != "Z", fields[0] != "X"
    else { return nil }
    return String(fields[19])
  }

  private static func line(_ path: String) -> String? {
    (try? Files.read(path))?.split(separator: "\n").first.map(String.init)
  }
}
