/// The names of Linux capabilities, as engines accept them: with and without the prefix `CAP_`.
package enum Capability {
  /// The name without the prefix.
  package static func canonical(_ name: String) -> String {
    name.hasPrefix("CAP_") ? String(name.dropFirst(4)) : name
  }

  /// Whether the kernel has a capability of this name, or the name stands for all of them.
  static func isKnown(_ name: String) -> Bool {
    let name = canonical(name)
    return name == "ALL" || names.contains(name)
  }

  /// Whether the capability would undo the sandbox.
  static func isForbidden(_ name: String) -> Bool {
    ["SYS_ADMIN", "ALL", "SYS_MODULE", "SYS_PTRACE"].contains(canonical(name))
  }

  /// The names of capabilities(7), up to Linux 6.
  private static let names: Set<String> = [
    "AUDIT_CONTROL", "AUDIT_READ", "AUDIT_WRITE", "BLOCK_SUSPEND", "BPF", "CHECKPOINT_RESTORE", "CHOWN",
    "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "IPC_LOCK", "IPC_OWNER", "KILL", "LEASE",
    "LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE", "MKNOD", "NET_ADMIN", "NET_BIND_SERVICE", "NET_BROADCAST",
    "NET_RAW", "PERFMON", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYSLOG", "SYS_ADMIN", "SYS_BOOT",
    "SYS_CHROOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO", "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG", "WAKE_ALARM",
  ]
}
