import FoundationEssentials
import HTTP
package import Model

/// Why the engine did not execute a request.
package enum DockerErrorCode: String, ProblemCode, CaseIterable {
  /// No server listens at the address, or the connection broke.
  case unreachable
  /// This user may not open the socket.
  case permissionDenied
  case timedOut
  case cancelled
  /// No such container, volume or network.
  case notFound
  /// The object's state forbids the request, or another request is changing it.
  case conflict
  /// Another container has the name.
  case nameTaken
  /// Another process or container has the host port.
  case portTaken
  /// Neither the engine nor the registry has the image.
  case imageMissing
  /// The registry denies access to the image.
  case registryDenied
  /// The engine cannot reach the registry.
  case registryUnreachable
  /// The engine's disk is full.
  case noSpace
  /// The engine or this driver rejects the request as malformed.
  case invalidRequest
  case unexpectedAnswer
  case engineFailed
  /// The controller lost the lease of the step's resource; nothing was sent.
  case leaseLost

  package static let domain = "docker"

  package static let temporary: Set<Self> = [
    .unreachable, .timedOut, .cancelled, .notFound, .conflict, .nameTaken, .portTaken, .registryUnreachable,
    .noSpace, .engineFailed, .leaseLost,
  ]

  package var effect: StepEffect { self == .timedOut || self == .cancelled ? .uncertain : .settled }

  /// The hint of an error that the engine reports.
  fileprivate var hintForReport: String? {
    switch self {
    case .portTaken: "free the host port or declare another one"
    case .noSpace: "free disk space of the engine, for instance unused images and volumes"
    case .nameTaken: "remove or rename the container that has the name"
    case .imageMissing: "push the image, or correct its name, tag or digest"
    case .registryDenied: "give the registry's credentials, or correct the image's name"
    case .registryUnreachable: "start the registry, or correct the host in the image's name"
    case .permissionDenied: "allow this user to use the engine"
    default: nil
    }
  }
}

/// Why the engine did not execute a request. The cause is the status of its response.
package typealias DockerError = Problem<DockerErrorCode>

extension DockerError {
  /// The same error without these secrets, for responses that may repeat what was sent.
  func redacting(_ secrets: [Secret]) -> DockerError {
    var message = message
    for secret in secrets where !secret.isEmpty {
      message = message.split(separator: secret.reveal(), omittingEmptySubsequences: false)
        .joined(separator: Secret.redactedText)
    }
    return DockerError(code, message, hint: hint)
  }
}

extension DockerError {
  init(_ error: HTTPError, endpoint: EngineEndpoint) {
    let name = endpoint.name
    switch error.code {
    case .permissionDenied:
      self.init(
        .permissionDenied, "\(name) may not be used by this user",
        hint: "add the user to the group of the socket, or set DOCKER_HOST to an engine of its own",
        detail: error.debugDescription)
    case .timedOut:
      self.init(
        .timedOut, "\(name) did not answer in time", hint: "check the engine's log and load",
        detail: error.debugDescription)
    case .cancelled:
      self.init(.cancelled, "the call to \(name) was cancelled")
    case .connectionRefused, .socketMissing, .unresolvedHost, .connectionLost:
      self.init(
        .unreachable, "\(name) is not reachable", hint: "start the engine or set DOCKER_HOST",
        detail: error.debugDescription)
    case .invalidRequest:
      self.init(.invalidRequest, "\(name) cannot be called: \(error)", detail: error.debugDescription)
    default:
      self.init(.engineFailed, "\(name): \(error)", detail: error.debugDescription)
    }
  }

  /// From a response of 400 and above, or from an error inside a progress stream (status 200).
  /// - Parameter subject: The object of the request, such as `container echo-0` or `image repo:tag`.
  init(status: Int, body: [UInt8], subject: String, endpoint: EngineEndpoint) {
    let text = EngineMessage(body)?.message ?? String(decoding: body.prefix(500), as: UTF8.self)
    self.init(status: status, text: text, subject: subject, endpoint: endpoint)
  }

  init(status: Int, text: String, subject: String, endpoint: EngineEndpoint) {
    let code = DockerError.code(status: status, text: text.lowercased())
    let about = subject.isEmpty ? endpoint.name : "\(subject): \(endpoint.name)"
    let said = text.isEmpty ? "answered with status \(status)" : "said: \(DockerError.oneLine(text))"
    self.init(code, "\(about) \(said)", hint: code.hintForReport, cause: "status \(status)")
  }

  /// The engine answers most failures with 500 and describes them in its message only.
  private static func code(status: Int, text: String) -> Code {
    let words: [(String, Code)] = [
      ("port is already allocated", .portTaken),
      ("address already in use", .portTaken),
      ("no space left on device", .noSpace),
      ("is already in use by container", .nameTaken),
      ("no such image", .imageMissing),
      ("manifest unknown", .imageMissing),
      ("repository does not exist", .imageMissing),
      ("pull access denied", .registryDenied),
      ("unauthorized", .registryDenied),
      ("no basic auth credentials", .registryDenied),
      ("connection refused", .registryUnreachable),
      ("no such host", .registryUnreachable),
      ("i/o timeout", .registryUnreachable),
    ]
    for (phrase, code) in words where text.contains(phrase) { return code }
    return switch status {
    case 400: .invalidRequest
    case 401, 403: .permissionDenied
    case 404: text.contains("manifest for") ? .imageMissing : .notFound
    case 409: .conflict
    default: .engineFailed
    }
  }

  private static func oneLine(_ text: String) -> String {
    String(text.map { $0.isNewline ? " " : $0 }.prefix(500))
  }
}

/// The body of an error response.
private struct EngineMessage: Decodable {
  let message: String

  init?(_ body: [UInt8]) {
    guard let message = try? JSONDecoder().decode(EngineMessage.self, from: Data(body)) else { return nil }
    self = message
  }
}
