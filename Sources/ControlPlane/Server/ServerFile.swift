package import Gateway
package import Manifests
package import Model
import StripeAPI

/// The settings file of a server; nil for settings that it does not contain. This list also defines the
/// environment variables, the validation of the file and `docs/server-reference.md`.
package struct ServerFile: ManifestObject {
  package var manifests: [String]?
  package var state: String?
  package var database: String?
  package var listen: ListenAddress?
  package var apiListen: ListenAddress?
  package var apiPlain: PlainChoice?
  package var apiRate: RequestRate?
  package var accessLog: AccessLogChoice?
  package var tlsCertificate: String?
  package var tlsKey: String?
  package var resync: TimeSpan?
  package var quietPeriod: TimeSpan?
  package var drain: TimeSpan?
  package var liveness: TimeSpan?
  package var emptyManifests: EmptyManifestsChoice?
  package var logFormat: LogFormat?
  package var logLevel: LogLevel?
  package var stripeWebhookSecrets: String?
  package var stripeSecret: String?
  package var stripeAddress: String?
  package var stripeMode: StripeMode?

  package init() {}

  package static let fields = Fields<Self>("The settings of ‘rendertrust server’") {
    Field("manifests", \.manifests, "Files and folders with manifests")
    Field("state", \.state, "Folder of the controller's state")
    Field(
      "database", \.database,
      "PostgreSQL URL of the state, instead of the private server in the state folder; may contain a password"
    )
    Field(
      "listen", \.listen,
      "Address of /metrics, /healthz and /readyz: host:port or unix:///path. Requests are not "
        + "authenticated: use a local address or a proxy that authenticates")
    Field(
      "apiListen", \.apiListen,
      "Address of the API, which requires tokens (docs/api.md): host:port or unix:///path. Serves HTTP/2 and "
        + "HTTP/1.1 with TLS, otherwise HTTP/1.1")
    Field("apiPlain", \.apiPlain, "Whether the API may be served to other machines without TLS")
    Field("apiRate", \.apiRate, "Rate limit of a token; bursts may have twice as many requests")
    Field("accessLog", \.accessLog, "Whether each API request is logged")
    Field(
      "tlsCertificate", \.tlsCertificate,
      "File with the certificate chain of the API, in PEM; read at the start and at SIGHUP")
    Field("tlsKey", \.tlsKey, "File with the private key of the certificate, in PEM")
    Field("resync", \.resync, "Interval between full observations")
    Field(
      "quietPeriod", \.quietPeriod,
      "Time for which a resource must stay absent before it leaves if its removal destroys data; other "
        + "removals wait 2s at most. 0s: no wait")
    Field("drain", \.drain, "Time for running steps after SIGTERM, before they are cancelled")
    Field("liveness", \.liveness, "Time without progress of the loop after which /healthz fails")
    Field(
      "emptyManifests", \.emptyManifests,
      "Whether manifests without a resource remove everything that was applied, or are an error")
    Field("logFormat", \.logFormat, "Format of the log on standard output")
    Field("logLevel", \.logLevel, "Minimum level of logged lines")
    Field(
      "stripeWebhookSecrets", \.stripeWebhookSecrets,
      "Signing secrets of the Stripe webhook endpoint, separated by commas: several during a rotation. "
        + "Without a secret, /webhooks/stripe accepts nothing"
    )
    Field(
      "stripeSecret", \.stripeSecret,
      "Stripe API key that may read checkout sessions and prices; reads the line items of sessions"
    )
    Field("stripeAddress", \.stripeAddress, "Address of the Stripe API")
    Field(
      "stripeMode", \.stripeMode,
      "Mode of accepted events. Default: the mode of the key, or live without a key")
  }

  /// The default settings. Manifests are required; without a database the private server is used.
  package static let defaults = [
    "state": ".rendertrust", "listen": "127.0.0.1:9464", "apiListen": "127.0.0.1:9465",
    "apiPlain": "refused", "apiRate": "500/s", "accessLog": "on", "resync": "30s",
    "quietPeriod": "30s", "drain": "8s", "liveness": "30s", "emptyManifests": "refused",
    "logFormat": "json", "logLevel": "info", "stripeAddress": StripeEndpoint.standard.description,
  ]
}

/// Whether a server accepts manifests without a resource.
package enum EmptyManifestsChoice: String, ManifestWord {
  case refused, allowed

  package var meaning: String {
    switch self {
    case .refused: "The last manifests stay in force"
    case .allowed: "Everything that was applied is removed"
    }
  }
}

package enum LogFormat: String, ManifestWord {
  case json, text

  package var meaning: String {
    switch self {
    case .json: "One JSON object a line"
    case .text: "One line of text, for people"
    }
  }
}

package enum StripeMode: String, ManifestWord {
  case live, test

  package var meaning: String {
    switch self {
    case .live: "Live events"
    case .test: "Test events"
    }
  }
}

package enum LogLevel: String, ManifestWord {
  case debug, info, warning, error

  package var meaning: String {
    switch self {
    case .debug: "Starts of steps and observations, too"
    case .info: "Completed work"
    case .warning: "Problems that need attention"
    case .error: "Failures"
    }
  }
}

extension ListenAddress: ManifestText {
  package init?(manifestText: String) { self.init(manifestText) }
  package var manifestText: String { description }
  package static var expectation: String {
    "an address such as 127.0.0.1:9464 or unix:///run/rendertrust/gateway.sock"
  }
  package static var examples: [String] { ["127.0.0.1:9464"] }
}
