/// The settings of an existing container that widen its reach or limit it, and that no container of the
/// platform has, under the engine's names.
///
/// The engine's own defaults, such as its cgroup namespace or its ulimits, are no deviations: they differ
/// between engines.
// swift-format-ignore: AlwaysUseLowerCamelCase
struct HostDeviations: Decodable {
  private let AutoRemove: Bool?
  private let BlkioWeight: Int64?
  private let CpuPeriod: Int64?
  private let CpuQuota: Int64?
  private let CpuShares: Int64?
  private let CpusetCpus: String?
  private let CpusetMems: String?
  private let DeviceCgroupRules: [String]?
  private let Devices: [Device]?
  private let Dns: [String]?
  private let ExtraHosts: [String]?
  private let GroupAdd: [String]?
  private let IpcMode: String?
  private let MaskedPaths: [String]?
  private let MemoryReservation: Int64?
  private let OomKillDisable: Bool?
  private let PidMode: String?
  private let Privileged: Bool?
  private let ReadonlyPaths: [String]?
  private let SecurityOpt: [String]?
  private let Sysctls: [String: String]?
  private let UTSMode: String?
  private let UsernsMode: String?

  private struct Device: Decodable { let PathOnHost: String? }

  /// The value of each deviation as text; empty for a container without any.
  var values: [String: String] {
    var values: [String: String] = [:]
    for (name, isSet) in [
      ("AutoRemove", AutoRemove), ("OomKillDisable", OomKillDisable), ("Privileged", Privileged),
    ] where isSet == true {
      values[name] = "true"
    }
    for (name, number) in [
      ("BlkioWeight", BlkioWeight), ("CpuPeriod", CpuPeriod), ("CpuQuota", CpuQuota),
      ("CpuShares", CpuShares),
      ("MemoryReservation", MemoryReservation),
    ] {
      if let number, number != 0 { values[name] = String(number) }
    }
    for (name, text) in [("CpusetCpus", CpusetCpus), ("CpusetMems", CpusetMems)] {
      if let text, !text.isEmpty { values[name] = text }
    }
    let lists = [
      ("DeviceCgroupRules", DeviceCgroupRules), ("Devices", Devices?.map { $0.PathOnHost ?? "" }),
      ("Dns", Dns),
      ("ExtraHosts", ExtraHosts), ("GroupAdd", GroupAdd), ("SecurityOpt", otherSecurityOptions),
      ("Sysctls", Sysctls.map { $0.map { "\($0.key)=\($0.value)" } }),
    ]
    for (name, list) in lists {
      if let list, !list.isEmpty { values[name] = list.sorted().joined(separator: ", ") }
    }
    // An engine writes its default namespace as `private`, `shareable` or as no text.
    for (name, mode) in [
      ("IpcMode", IpcMode), ("PidMode", PidMode), ("UTSMode", UTSMode), ("UsernsMode", UsernsMode),
    ] {
      if let mode, mode == "host" || mode.hasPrefix("container:") { values[name] = mode }
    }
    // Empty lists stand for `systempaths=unconfined`; engines omit them for the default.
    for (name, paths) in [("MaskedPaths", MaskedPaths), ("ReadonlyPaths", ReadonlyPaths)] {
      if let paths, paths.isEmpty { values[name] = "none" }
    }
    return values
  }

  /// Without `no-new-privileges` and the seccomp profile, which `ContainerHardening` describes.
  private var otherSecurityOptions: [String]? {
    SecurityOpt?.filter { !$0.hasPrefix("no-new-privileges") && !$0.hasPrefix("seccomp=") }
      .map { String($0.prefix(100)) }
  }
}
