package import Gateway
import Manifests
import Model

/// The settings of a server's API.
package struct APISettings: Sendable {
  package let address: ListenAddress
  package let identity: TLSIdentity?
  package let limits: APILimits
  package let accessLog: AccessLogChoice

  /// - Parameter source: the source of a setting by its name, for messages.
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
    case (.some, nil): throw .usage("tlsCertificate (\(source("tlsCertificate"))) requires tlsKey")
    case (nil, .some): throw .usage("tlsKey (\(source("tlsKey"))) requires tlsCertificate")
    }
    guard identity != nil || address.isLocal || plain == .allowed else {
      throw .usage(
        "apiListen (\(source("apiListen"))): other machines reach \(address), and tokens would be sent "
          + "without TLS; set tlsCertificate and tlsKey, or apiPlain: allowed behind a proxy with TLS")
    }
    var limits = APILimits()
    limits.perToken = rate.rate
    self.limits = limits
  }
}

/// Whether the API may be served to other machines without TLS.
package enum PlainChoice: String, ManifestWord {
  case refused, allowed

  package var meaning: String {
    switch self {
    case .refused: "Other machines require TLS"
    case .allowed: "A proxy terminates TLS"
    }
  }
}

/// Whether API requests are logged.
package enum AccessLogChoice: String, ManifestWord {
  case on, off

  package var meaning: String {
    switch self {
    case .on: "One line for each API request"
    case .off: "None"
    }
  }
}

/// A rate limit: `500/s`, or `unlimited`.
package struct RequestRate: ManifestText, Hashable {
  /// Nil for no limit.
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
