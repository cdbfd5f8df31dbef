package import Gateway
package import Manifests
package import Model
import StripeAPI

/// The settings of a server as they stand in its file; nil for what is not written there. The one list of settings:
/// the environment's names, the file's checks and `docs/server.md` follow from it.
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
  package var drain: TimeSpan?
  package var liveness: TimeSpan?
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
      "PostgreSQL URL that holds the state, instead of the private server in the state folder; may hold a password"
    )
    Field(
      "listen", \.listen,
      "Where /metrics, /healthz and /readyz are served: host:port or unix:///path. Nobody is "
        + "asked who they are: keep it on this machine, or behind something that asks")
    Field(
      "apiListen", \.apiListen,
      "Where the API is served, to bearers of tokens (docs/api.md): host:port or unix:///path. With TLS it speaks HTTP/2 "
        + "and HTTP/1.1, without it HTTP/1.1")
    Field("apiPlain", \.apiPlain, "Whether the API may be served to other machines without TLS")
    Field("apiRate", \.apiRate, "How many requests one token may make; twice as many at once")
    Field("accessLog", \.accessLog, "Whether the log has a line for each request of the API")
    Field(
      "tlsCertificate", \.tlsCertificate,
      "File with the API's certificate and those that vouch for it, in PEM; read at the start and at SIGHUP")
    Field("tlsKey", \.tlsKey, "File with that certificate's private key, in PEM")
    Field("resync", \.resync, "How often everything is looked at")
    Field("drain", \.drain, "How long steps under way may take after SIGTERM, before they are given up")
    Field("liveness", \.liveness, "How long the loop may stand still before /healthz says so")
    Field("logFormat", \.logFormat, "How the log is written to standard output")
    Field("logLevel", \.logLevel, "The least important lines that are logged")
    Field(
      "stripeWebhookSecrets", \.stripeWebhookSecrets,
      "Signing secrets of Stripe's webhook endpoint, separated by commas: several while one replaces another. Without "
        + "one /webhooks/stripe takes nothing"
    )
    Field(
      "stripeSecret", \.stripeSecret,
      "Key of Stripe's API that may read checkout sessions and prices: what a session bought is asked with it"
    )
    Field("stripeAddress", \.stripeAddress, "Where Stripe's API is")
    Field(
      "stripeMode", \.stripeMode,
      "Which events count; absent: those of the key's mode, and live ones without a key")
  }

  /// What counts where nothing is set. Manifests must be named; without a database the private server is used.
  package static let defaults = [
    "state": ".rendertrust", "listen": "127.0.0.1:9464", "apiListen": "127.0.0.1:9465",
    "apiPlain": "refused", "apiRate": "500/s", "accessLog": "on", "resync": "30s", "drain": "8s",
    "liveness": "30s",
    "logFormat": "json", "logLevel": "info", "stripeAddress": StripeEndpoint.standard.description,
  ]
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
    case .live: "Events about money"
    case .test: "Events made with test keys"
    }
  }
}

package enum LogLevel: String, ManifestWord {
  case debug, info, warning, error

  package var meaning: String {
    switch self {
    case .debug: "Also when a step begins and what was looked at"
    case .info: "What was done"
    case .warning: "What is not as it should be"
    case .error: "What failed"
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
