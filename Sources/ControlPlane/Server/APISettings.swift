package import Gateway
import Manifests
import Model

/// Where and how a server serves its API.
package struct APISettings: Sendable {
  package let address: ListenAddress
  package let identity: TLSIdentity?
  package let limits: APILimits
  package let accessLog: AccessLogChoice

  /// - Parameter source: says where the setting of a name came from.
  package init(
    address: ListenAddress, certificate: String?, key: String?, plain: PlainChoice, rate: RequestRate,
    accessLog: AccessLogChoice, source: (String) -> String
  ) throws(OperationError) {
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
package enum PlainChoice: String, ManifestWord {
  case refused, allowed

  package var meaning: String {
    switch self {
    case .refused: "Other machines need TLS"
    case .allowed: "Something before the server does TLS"
    }
  }
}

/// Which requests are logged.
package enum AccessLogChoice: String, ManifestWord {
  case on, off

  package var meaning: String {
    switch self {
    case .on: "A line for each request of the API"
    case .off: "None"
    }
  }
}

/// How often something may be done: `500/s`, or `unlimited`.
package struct RequestRate: ManifestText, Hashable {
  /// Nil: any number.
  package let rate: Rate?

  package init?(manifestText: String) {
    if manifestText == "unlimited" {
      rate = nil
      return
    }
    guard manifestText.hasSuffix("/s"), let number = Int64(manifestText.dropLast(2)),
      (1...1_000_000).contains(number)
    else { return nil }
    rate = Rate(perSecond: number)
  }

  package var manifestText: String { rate.map { "\($0.perSecond)/s" } ?? "unlimited" }
  package static var expectation: String { "a rate such as 500/s, or unlimited" }
  package static var examples: [String] { ["500/s"] }
}
