package import Manifests
package import Model

/// The nightly export of the ledger (seeds: Credit Ledger: nightly dump to Parquet in R2).
package struct LedgerExportSpec: ManifestObject {
  /// 01:30 UTC.
  package var schedule = LedgerExportSpec.nightly
  package var format = LedgerExportFormat.parquet
  package var to = ExportDestination.folder("exports")

  package init() {}

  package static let fields = Fields<Self>("The export of each day's entries and usage, for reports") {
    Field("schedule", \.schedule, "When past days are exported, in UTC", .isEverDue)
    Field("format", \.format, "The format of the files")
    Field("to", \.to, "The destination", .required)
  }

  private static let nightly = CronSchedule("30 1 * * *")!
}

package enum LedgerExportFormat: String, ManifestWord {
  case parquet
  package var meaning: String { "compressed columns, one folder per day" }
}

package enum ExportDestination: ManifestChoice {
  case folder(String)
  case bucket(ExportBucketSpec)

  package static let cases = Cases<Self>("The destination of the files") {
    Case(
      "folder", "A folder; a relative path is resolved against the controller's state folder",
      ExportDestination.folder, .folder(example: "exports")
    ) { if case .folder(let path) = $0 { path } else { nil } }
    Case("bucket", "An S3-compatible bucket, such as of R2 or MinIO", ExportDestination.bucket) {
      if case .bucket(let bucket) = $0 { bucket } else { nil }
    }
  }
}

package struct ExportBucketSpec: ManifestObject {
  package var name = ""
  package var endpoint = ""
  package var region = "us-east-1"
  package var prefix = ""
  package var accessKey = SecretReference.environment("S3_ACCESS_KEY")
  package var secretKey = SecretReference.environment("S3_SECRET_KEY")

  package init() {}

  package static let fields = Fields<Self>("An S3-compatible bucket") {
    Field("name", \.name, "The bucket's name", .required, .nonEmpty, .example("ledger-exports"))
    Field(
      "endpoint", \.endpoint, "The URL of the S3 service", .required,
      .rule("an address") { text in
        text.hasPrefix("https://") || text.hasPrefix("http://")
          ? nil
          : .init(
            "must begin with https:// or http://", hint: "for example https://s3.eu-central-1.amazonaws.com")
      }, .example("https://s3.eu-central-1.amazonaws.com"))
    Field("region", \.region, "The region that requests are signed for; R2 uses `auto`")
    Field("prefix", \.prefix, "The prefix of all object names")
    Field("accessKey", \.accessKey, "The source of the access key ID")
    Field("secretKey", \.secretKey, "The source of the secret access key")
  }
}
