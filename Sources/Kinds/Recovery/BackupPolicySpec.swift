package import Manifests
package import Model

/// The backups of a database and its recovery point objective (seeds: Backup & Recovery: WAL + nightly, RPO
/// 15 min).
package struct BackupPolicySpec: ManifestSpec {
  package static let kind = "BackupPolicy"

  package var of: KindReference = "Database/platform"
  package var continuous = true
  package var schedule = BackupPolicySpec.nightly
  package var rpo = TimeSpan(seconds: 900)
  package var keep = KeepSpec.standard
  package var repository = RepositorySpec.folder("backups")

  package init() {}

  package static let fields = Fields<Self>("The backups of a database and its recovery point objective") {
    Field(
      "of", \.of, "The database to back up; with it all databases of the embedded server", .required,
      .refersTo("Database"))
    Field("continuous", \.continuous, "Whether the WAL between backups is archived")
    Field("schedule", \.schedule, "When a full backup is due, in UTC", .isEverDue)
    Field(
      "rpo", \.rpo,
      "Recovery point objective: the policy is degraded while the newest restore point is older",
      .range(TimeSpan(seconds: 3)...TimeSpan(seconds: 86_400)))
    Field("keep", \.keep, "The full backups to keep")
    Field("repository", \.repository, "The destination of backups and WAL", .required)
  }

  package func validate(_ report: inout FieldReport) {
    if !continuous {
      report.error(
        at: "continuous", "a backup of a running server cannot be restored without the WAL around it",
        hint: "write `continuous: true` or leave the field out")
    }
    if case .folder(let path) = repository, !path.hasPrefix("/"), RepositoryPlace.isUnsafe(relative: path) {
      report.error(
        at: "repository.folder", "the folder ‘\(path)’ is not separate from the data folder of the server",
        hint: "for example `folder: backups`")
    }
  }

  /// A WAL segment is closed after a third of the RPO, which leaves two thirds for archiving it.
  package var archiveTimeoutSeconds: Int { max(1, Int(rpo.milliseconds / 3000)) }

  private static let nightly = CronSchedule("0 2 * * *")!
}

/// The full backups to keep: by calendar, or a number of the newest.
package struct KeepSpec: ManifestObject {
  package var daily: Int?
  package var weekly: Int?
  package var monthly: Int?
  package var full: Int?

  package init() {}

  /// The default: a week of days, a month of weeks, half a year of months.
  package static let standard: KeepSpec = {
    var keep = KeepSpec()
    (keep.daily, keep.weekly, keep.monthly) = (7, 4, 6)
    return keep
  }()

  package static let fields = Fields<Self>("The full backups to keep") {
    Field("daily", \.daily, "The newest backup of each of this many days", .range(1...366))
    Field("weekly", \.weekly, "The newest backup of each of this many weeks", .range(1...520))
    Field("monthly", \.monthly, "The newest backup of each of this many months", .range(1...240))
    Field("full", \.full, "This many of the newest backups", .range(1...1000))
  }

  package func validate(_ report: inout FieldReport) {
    if self == KeepSpec() {
      report.error(
        at: "", "no backup would be kept",
        hint: "write `keep: {daily: 7, weekly: 4, monthly: 6}` or `keep: {full: 14}`")
    }
  }

  /// The number of the newest full backups whose subsequent WAL is kept, so that any later time can be
  /// restored.
  package var fullyRestorable: Int { max(daily ?? 0, full ?? 0, 1) }

  package var text: String {
    let parts = [("daily", daily), ("weekly", weekly), ("monthly", monthly), ("newest", full)]
    return
      "kept are \(parts.compactMap { name, count in count.map { "\($0) \(name)" } }.joined(separator: ", "))"
  }
}

/// The destination of backups and WAL.
package enum RepositorySpec: ManifestChoice {
  case folder(String)

  package static let cases = Cases<Self>("The destination of backups and WAL") {
    Case(
      "folder", "A folder; a relative path starts at the controller's state folder", RepositorySpec.folder,
      .folder(example: "backups/ledger")
    ) { if case .folder(let path) = $0 { path } else { nil } }
  }
}
