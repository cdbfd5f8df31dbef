package import HTTP
package import Model
internal import ObjectStorage
package import Postgres

/// Opens the destinations that manifests declare for exports.
package struct ExportStores: Sendable {
  package typealias Secrets = @Sendable (SecretReference) async throws(BackendError) -> Secret

  let stateFolder: String
  private let http: HTTPClient
  private let secrets: Secrets

  /// - Parameters:
  ///   - stateFolder: An absolute path. Relative destinations are resolved against it, and files are built in
  ///     it.
  ///   - secrets: Resolves the keys of a bucket; called for each export.
  package init(stateFolder: String, http: HTTPClient, secrets: @escaping Secrets) {
    self.stateFolder = stateFolder
    self.http = http
    self.secrets = secrets
  }

  /// The destination's name in the table of exports. Resolves no secret.
  package func name(of destination: ExportDestination, _ pool: PostgresPool) throws(BackendError) -> String {
    try export(pool, to: destination, accessKey: Secret(""), secretKey: Secret("")).destination
  }

  package func export(_ pool: PostgresPool, to destination: ExportDestination) async throws(BackendError)
    -> DailyExport
  {
    guard case .bucket(let bucket) = destination else {
      return try export(pool, to: destination, accessKey: Secret(""), secretKey: Secret(""))
    }
    let keys = (try await secrets(bucket.accessKey), try await secrets(bucket.secretKey))
    return try export(pool, to: destination, accessKey: keys.0, secretKey: keys.1)
  }

  /// The export to a folder that was a destination before; nil if the destination is not a folder.
  /// - Parameter name: The destination's name in the table of exports.
  package func formerFolder(_ pool: PostgresPool, _ name: String) -> DailyExport? {
    let scheme = "file://"
    guard name.hasPrefix(scheme) else { return nil }
    return DailyExport(pool, to: FolderStore(String(name.dropFirst(scheme.count))), scratch: stateFolder)
  }

  private func export(
    _ pool: PostgresPool, to destination: ExportDestination, accessKey: Secret, secretKey: Secret
  ) throws(BackendError) -> DailyExport {
    switch destination {
    case .folder(let path):
      let folder = path.hasPrefix("/") ? path : "\(stateFolder)/\(path)"
      return DailyExport(pool, to: FolderStore(folder), scratch: stateFolder)
    case .bucket(let spec):
      do throws(ObjectStorageError) {
        let bucket = try S3Bucket(
          endpoint: spec.endpoint, name: spec.name, region: spec.region, accessKey: accessKey.reveal(),
          secretKey: secretKey)
        return DailyExport(pool, to: S3Store(bucket, client: http), prefix: spec.prefix, scratch: stateFolder)
      } catch {
        throw ExportError(error).backendError
      }
    }
  }
}
