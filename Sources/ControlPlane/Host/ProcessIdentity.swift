import Glibc
package import Reconciling

extension ControllerReplica {
  /// This process as a replica.
  package static func current(_ role: String, isExclusive: Bool = false) -> ControllerReplica {
    ControllerReplica(
      name: "\(role)-\(getpid())-\(RandomMark.hexadecimal())", role: role, host: Authorship.hostName,
      process: ProcessIdentity.current, isExclusive: isExclusive)
  }
}

/// Identifies a process on its machine across reuse of process numbers: boot, PID namespace, PID and start
/// time.
package enum ProcessIdentity {
  /// Nil if the system does not provide it.
  package static let current: String? = machine.flatMap { machine in
    startTime(of: getpid()).map { "\(machine)/\(getpid())/\($0)" }
  }

  /// Whether the process of a replica has ended; false if this process cannot determine it.
  package static func isGone(_ replica: ControllerReplica) -> Bool {
    guard let machine, let parts = replica.process?.split(separator: "/"), parts.count == 4,
      machine == "\(parts[0])/\(parts[1])", let number = Int32(parts[2])
    else { return false }
    return startTime(of: number) != String(parts[3])
  }

  /// Boot and PID namespace.
  private static let machine: String? = {
    var name = [UInt8](repeating: 0, count: 256)
    let count = readlink("/proc/self/ns/pid", &name, name.count)
    guard count > 0, let boot = line("/proc/sys/kernel/random/boot_id") else { return nil }
    return "\(boot)/\(String(decoding: name[..<count], as: UTF8.self))"
  }()

  /// Clock ticks since the boot; nil for a process that does not run or is a zombie.
  private static func startTime(of number: pid_t) -> String? {
    // The program's name, in brackets, may contain spaces and brackets.
    guard let fields = line("/proc/\(number)/stat")?.split(separator: ")").last?.split(separator: " "),
      fields.count > 19, fields[0] != "Z", fields[0] != "X"
    else { return nil }
    return String(fields[19])
  }

  private static func line(_ path: String) -> String? {
    (try? Files.read(path))?.split(separator: "\n").first.map(String.init)
  }
}
