package import Manifests
package import Model

/// How a database is backed up, and how much may be lost (seeds: Backup & Recovery: WAL + nightly, RPO 15 min).
package struct BackupPolicySpec: ManifestSpec {
  package static let kind = "BackupPolicy"

  package var of: KindReference = "Database/platform"
  package var continuous = true
  /// Two o'clock at night.
  package var schedule = BackupPolicySpec.nightly
  package var rpo = TimeSpan(seconds: 900)
  package var keep = KeepSpec.usual
  package var repository = RepositorySpec.folder("backups")

  package init() {}

  package static let fields = Fields<Self>("How a database is backed up, and how much may be lost") {
    Field(
      "of", \.of, "What is backed up: with the embedded server, all its databases", .required,
      .refersTo("Database"))
    Field("continuous", \.continuous, "Archive every change (WAL) between backups")
    Field("schedule", \.schedule, "When a full backup is due, in UTC")
    Field(
      "rpo", \.rpo, "The newest restorable moment may be so old before the policy is degraded",
      .range(TimeSpan(seconds: 3)...TimeSpan(seconds: 86_400)))
    Field("keep", \.keep, "Which full backups stay")
    Field("repository", \.repository, "Where backups and WAL go", .required)
  }

  package func validate(_ report: inout FieldReport) {
    if !continuous {
      report.error(
        at: "continuous", "a backup of a running server cannot be restored without the WAL around it",
        hint: "write `continuous: true` or leave the field out")
    }
  }

  /// A segment of WAL is closed after a third of the RPO, so that archiving it may take as long again.
  package var archiveTimeoutSeconds: Int { max(1, Int(rpo.milliseconds / 3000)) }

  private static let nightly = CronSchedule("0 2 * * *")!
}

/// Which full backups stay: by calendar, or the newest so many.
package struct KeepSpec: ManifestObject {
  package var daily: Int?
  package var weekly: Int?
  package var monthly: Int?
  package var full: Int?

  package init() {}

  /// A week of days, a month of weeks, half a year of months.
  package static let usual: KeepSpec = {
    var keep = KeepSpec()
    (keep.daily, keep.weekly, keep.monthly) = (7, 4, 6)
    return keep
  }()

  package static let fields = Fields<Self>("Which full backups stay") {
    Field("daily", \.daily, "The newest of so many days", .range(1...366))
    Field("weekly", \.weekly, "The newest of so many weeks", .range(1...520))
    Field("monthly", \.monthly, "The newest of so many months", .range(1...240))
    Field("full", \.full, "The newest so many", .range(1...1000))
  }

  package func validate(_ report: inout FieldReport) {
    if self == KeepSpec() {
      report.error(
        at: "", "nothing would be kept",
        hint: "write `keep: {daily: 7, weekly: 4, monthly: 6}` or `keep: {full: 14}`")
    }
  }

  /// So many of the newest full backups have the WAL after them kept, so that any moment since can be restored.
  package var fullyRestorable: Int { max(daily ?? 0, full ?? 0, 1) }

  package var text: String {
    let parts = [("daily", daily), ("weekly", weekly), ("monthly", monthly), ("newest", full)]
    return
      "kept are \(parts.compactMap { name, count in count.map { "\($0) \(name)" } }.joined(separator: ", "))"
  }
}

/// Where backups and WAL go.
package enum RepositorySpec: ManifestChoice {
  case folder(String)

  package static let cases = Cases<Self>("Where backups and WAL go") {
    Case(
      "folder", "A folder; a relative path begins at the controller's state folder", RepositorySpec.folder,
      .rule("a path") { path in
        path.isEmpty || path.split(separator: "/").contains("..")
          ? .init("must be a path without `..`", hint: "for example backups/ledger") : nil
      }
    ) { if case .folder(let path) = $0 { path } else { nil } }
  }
}
