import FoundationEssentials
import HTTP
package import Model

/// An image that the engine has.
package struct ImageState: Sendable, Hashable, Decodable {
  package let id: String
  package let tags: [String]
  /// `repository@sha256:…` for every registry it was pulled from or pushed to.
  package let digests: [String]
  package let architecture: String
  package let operatingSystem: String
  /// Bytes.
  package let size: Int64

  private enum CodingKeys: String, CodingKey {
    case id = "Id"
    case tags = "RepoTags"
    case digests = "RepoDigests"
    case architecture = "Architecture"
    case operatingSystem = "Os"
    case size = "Size"
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    id = try values.decode(String.self, forKey: .id)
    tags = try values.decodeIfPresent([String].self, forKey: .tags) ?? []
    digests = try values.decodeIfPresent([String].self, forKey: .digests) ?? []
    architecture = try values.decode(String.self, forKey: .architecture)
    operatingSystem = try values.decode(String.self, forKey: .operatingSystem)
    size = try values.decode(Int64.self, forKey: .size)
  }
}

/// The login that a registry requires.
package struct RegistryCredentials: Sendable {
  package let user: String
  package let password: Secret

  package init(user: String, password: Secret) {
    self.user = user
    self.password = password
  }
}

extension DockerEngine {
  /// Nil when the engine does not have the image. With a digest the tag is ignored.
  package func imageInspect(_ reference: String) async throws(DockerError) -> ImageState? {
    let name = ImageReference(reference)?.pinned ?? reference
    do {
      return try await get("/images/\(name)/json", about: "image \(reference)")
    } catch {
      guard error.code == .imageMissing || error.code == .notFound else { throw error }
      return nil
    }
  }

  /// Pulls by digest where the reference has one, otherwise by tag; does nothing when the engine has the
  /// image. Fails with `imageMissing`, `registryDenied` or `registryUnreachable`.
  package func pullImage(
    _ reference: String, credentials: RegistryCredentials? = nil
  ) async throws(DockerError) {
    guard let image = ImageReference(reference) else {
      throw DockerError(
        .invalidRequest, "\"\(reference)\" is no image name",
        hint: "write registry/repository:tag@sha256:… with 64 hexadecimal digits")
    }
    let query = [("fromImage", image.name), ("tag", image.digest?.description ?? image.tag ?? "latest")]
    var request = request(.post, "/images/create", query: query, timeout: .seconds(1800))
    if let credentials { request.add("X-Registry-Auth", DockerEngine.header(for: credentials)) }
    let subject = "image \(reference)"
    try MutationFence.require(DockerErrorCode.leaseLost)
    let stream: HTTPBodyStream
    let failure: String?
    do {
      stream = try await client.stream(request)
      guard stream.status < 400 else {
        throw DockerError(
          status: stream.status, body: (try? await stream.collect(limit: 64 << 10)) ?? [], subject: subject,
          endpoint: endpoint)
      }
      failure = try await DockerEngine.drainProgress(stream)
    } catch let error as DockerError {
      throw error
    } catch {
      throw DockerError(
        error as? HTTPError ?? HTTPError(.failed, peer: endpoint.description), endpoint: endpoint)
    }
    if let failure {
      throw DockerError(status: 200, text: failure, subject: subject, endpoint: endpoint)
    }
  }

  /// Reads to the end and returns the error that the engine reports inside the stream; nil for success.
  private static func drainProgress(_ stream: HTTPBodyStream) async throws(HTTPError) -> String? {
    struct Progress: Decodable { let error: String? }
    var lines = LineSplitter()
    var failure: String?
    for try await piece in stream {
      for line in lines.feed(piece) {
        guard let progress = try? JSONDecoder().decode(Progress.self, from: Data(line)) else { continue }
        failure = progress.error ?? failure
      }
    }
    return failure
  }

  /// Base64url of the JSON that the engine passes on to the registry.
  private static func header(for credentials: RegistryCredentials) -> Secret {
    let json = Value.members([
      "username": .string(credentials.user), "password": .string(credentials.password.reveal()),
    ]).jsonBytes()
    let text = Data(json).base64EncodedString()
    return Secret(String(text.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 }))
  }
}

/// Splits a stream of bytes into lines; bytes after the last line feed are kept for the next call.
struct LineSplitter {
  private var rest: [UInt8] = []

  mutating func feed(_ bytes: [UInt8]) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    var start = 0
    while let end = bytes[start...].firstIndex(of: 10) {
      let line = rest + bytes[start..<end]
      if !line.isEmpty { lines.append(line) }
      rest = []
      start = end + 1
    }
    rest += bytes[start...]
    return lines
  }
}
