internal import Glibc

/// The kernel's statistics of this process; unavailable numbers are omitted.
struct ProcessNumbers {
  private var cpuSeconds: Double?
  private var residentBytes: Double?
  private var virtualBytes: Double?
  private var startSeconds: Double?
  private var openFiles: Double?
  private var fileLimit: Double?

  static func current() -> ProcessNumbers {
    var numbers = ProcessNumbers()
    // The second field is the program's name in parentheses, which may hold spaces; fields are counted after
    // it.
    let fields = read("/proc/self/stat").split(separator: ")").last?.split(separator: " ") ?? []
    let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
    func field(_ number: Int) -> Double? { number - 3 < fields.count ? Double(fields[number - 3]) : nil }
    if let user = field(14), let system = field(15) { numbers.cpuSeconds = (user + system) / ticks }
    numbers.virtualBytes = field(23)
    numbers.residentBytes = field(24).map { $0 * Double(sysconf(Int32(_SC_PAGESIZE))) }
    // The kernel counts the start of a process from the machine's boot.
    if let start = field(22) {
      numbers.startSeconds = seconds(CLOCK_REALTIME) - seconds(CLOCK_BOOTTIME) + start / ticks
    }
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
      numbers.fileLimit = Double(limit.rlim_cur)
    }
    numbers.openFiles = openFileCount()
    return numbers
  }

  func write(into set: inout MetricSet) {
    for (metric, value) in [
      (Metric.processCPU, cpuSeconds), (.processResident, residentBytes), (.processVirtual, virtualBytes),
      (.processStart, startSeconds), (.processFiles, openFiles), (.processFileLimit, fileLimit),
    ] {
      if let value { set.set(value, of: metric) }
    }
  }

  /// Without the descriptor that counting uses, `.` and `..`.
  private static func openFileCount() -> Double? {
    guard let folder = opendir("/proc/self/fd") else { return nil }
    defer { closedir(folder) }
    var count = 0
    while readdir(folder) != nil { count += 1 }
    return Double(count - 3)
  }

  private static func seconds(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1_000_000_000
  }

  private static func read(_ path: String) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 8192)
    while case let count = Glibc.read(descriptor, &chunk, chunk.count), count > 0 { bytes += chunk[..<count] }
    return String(decoding: bytes, as: UTF8.self)
  }
}
