package import Manifests
package import Model

/// The nightly export of the books (seeds: Credit Ledger: nightly dump to Parquet in R2).
package struct LedgerExportSpec: ManifestObject {
  /// Half past one at night.
  package var schedule = LedgerExportSpec.nightly
  package var format = LedgerExportFormat.parquet
  package var to = ExportDestination.folder("exports")

  package init() {}

  package static let fields = Fields<Self>("Each day's entries and usage, for reports") {
    Field("schedule", \.schedule, "When the days that are over are written, in UTC")
    Field("format", \.format, "The form of the files")
    Field("to", \.to, "Where they go", .required)
  }

  private static let nightly = CronSchedule("30 1 * * *")!
}

package enum LedgerExportFormat: String, ManifestWord {
  case parquet
  package var meaning: String { "columns, compressed, a folder for each day" }
}

package enum ExportDestination: ManifestChoice {
  case folder(String)
  case bucket(ExportBucketSpec)

  package static let cases = Cases<Self>("Where the files go") {
    Case(
      "folder", "A folder; a relative path begins at the controller's state folder", ExportDestination.folder,
      .folder(example: "exports")
    ) { if case .folder(let path) = $0 { path } else { nil } }
    Case("bucket", "A bucket that speaks S3, such as R2 or MinIO", ExportDestination.bucket) {
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

  package static let fields = Fields<Self>("A bucket that speaks S3") {
    Field("name", \.name, "The bucket's name", .required, .nonEmpty, .example("ledger-exports"))
    Field(
      "endpoint", \.endpoint, "Where its service is", .required,
      .rule("an address") { text in
        text.hasPrefix("https://") || text.hasPrefix("http://")
          ? nil
          : .init(
            "must begin with https:// or http://", hint: "for example https://s3.eu-central-1.amazonaws.com")
      }, .example("https://s3.eu-central-1.amazonaws.com"))
    Field("region", \.region, "The region that requests are signed for; R2 takes `auto`")
    Field("prefix", \.prefix, "Goes before the names of all files")
    Field("accessKey", \.accessKey, "Where the key's ID is found")
    Field("secretKey", \.secretKey, "Where the key is found")
  }
}
