import Gateway
import Manifests
import Model

/// Where and how a server serves its API.
struct APISettings: Sendable {
  let address: ListenAddress
  let identity: TLSIdentity?
  let limits: APILimits
  let accessLog: AccessLogChoice

  /// - Parameter source: says where the setting of a name came from.
  init(
    address: ListenAddress, certificate: String?, key: String?, plain: PlainChoice, rate: RequestRate,
    accessLog: AccessLogChoice, source: (String) -> String
  ) throws(CommandFailure) {
    self.address = address
    self.accessLog = accessLog
    switch (certificate, key) {
    case (let certificate?, let key?):
      do throws(TLSIdentityError) {
        identity = try TLSIdentity(certificateFile: certificate, keyFile: key)
      } catch {
        throw .usage("tlsCertificate and tlsKey (\(source("tlsCertificate"))): \(error)")
      }
    case (nil, nil): identity = nil
    case (.some, nil): throw .usage("tlsCertificate (\(source("tlsCertificate"))) needs tlsKey beside it")
    case (nil, .some): throw .usage("tlsKey (\(source("tlsKey"))) needs tlsCertificate beside it")
    }
    guard identity != nil || address.isLocal || plain == .allowed else {
      throw .usage(
        "apiListen (\(source("apiListen"))): \(address) is reached from other machines, and tokens would cross the "
          + "network in the open; set tlsCertificate and tlsKey, or apiPlain: allowed where something before it does TLS"
      )
    }
    var limits = APILimits()
    limits.perToken = rate.rate
    self.limits = limits
  }
}

/// Whether the API may be served in the open.
enum PlainChoice: String, ManifestWord {
  case refused, allowed

  var meaning: String {
    switch self {
    case .refused: "Other machines need TLS"
    case .allowed: "Something before the server does TLS"
    }
  }
}

/// Which requests are logged.
enum AccessLogChoice: String, ManifestWord {
  case on, off

  var meaning: String {
    switch self {
    case .on: "A line for each request of the API"
    case .off: "None"
    }
  }
}

/// How often something may be done: `500/s`, or `unlimited`.
struct RequestRate: ManifestText, Hashable {
  /// Nil: any number.
  let rate: Rate?

  init?(manifestText: String) {
    if manifestText == "unlimited" {
      rate = nil
      return
    }
    guard manifestText.hasSuffix("/s"), let number = Int64(manifestText.dropLast(2)),
      (1...1_000_000).contains(number)
    else { return nil }
    rate = Rate(perSecond: number)
  }

  var manifestText: String { rate.map { "\($0.perSecond)/s" } ?? "unlimited" }
  static var expectation: String { "a rate such as 500/s, or unlimited" }
  static var examples: [String] { ["500/s"] }
}
