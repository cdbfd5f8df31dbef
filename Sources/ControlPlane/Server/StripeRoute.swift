import Billing
package import Gateway
package import Logging
import Model
import Postgres
import Reconciling

/// `POST /webhooks/stripe`: from the socket to the books, told to log and metrics.
package struct StripeRoute: Sendable {
  private let settings: StripeSettings
  private let session: Session
  private let metrics: ControllerMetrics
  private let logger: Logger

  /// How often letters are counted that other processes may have settled.
  private static let countInterval = TimeSpan(seconds: 15)

  package init(_ settings: StripeSettings, _ session: Session, metrics: ControllerMetrics, logger: Logger) {
    self.settings = settings
    self.session = session
    self.metrics = metrics
    self.logger = logger
  }

  package func route(for environment: String) -> WebhookRoute {
    guard settings.isOn else {
      let text = "this server takes no events: no signing secret is set (RENDERTRUST_STRIPE_WEBHOOK_SECRETS)"
      let answer = WebhookAnswer(
        status: 503, json: Value.members(["error": .string(text)]).json, retryAfterSeconds: 300)
      return WebhookRoute(path: "webhooks/stripe") { _ in answer }
    }
    let database = BillingDatabase(session, environment)
    let webhook = StripeWebhook(
      secrets: settings.secrets, books: { await books(database) }, now: session.engine.time.now)
    return WebhookRoute(path: "webhooks/stripe") { request in
      let reply = await webhook.take(request.body, signature: request.header("Stripe-Signature"))
      tell(reply)
      if case .taken(.kept, _) = reply { await count(database) }
      return WebhookAnswer(
        status: reply.status, json: reply.json, retryAfterSeconds: reply.retryAfterSeconds)
    }
  }

  private func books(_ database: BillingDatabase) async -> Result<BillingStore, BackendError> {
    await session.billingBooks(
      in: database, isLive: settings.isLive, client: settings.client(session.foundations.http))
  }

  private func tell(_ reply: StripeWebhook.Reply) {
    metrics.countBillingEvent(reply.word)
    switch reply {
    case .taken(.kept(let refusal), let event):
      logger.error(
        "an event of Stripe's could not be done and is kept: rendertrust billing letters",
        metadata: [
          "event": .string(event), "reason": .string(refusal.reason.rawValue),
          "error": .string(refusal.message),
        ])
    case .taken(.credited(let credits), let event), .taken(.reversed(let credits), let event):
      logger.info(
        "\(reply.word)", metadata: ["event": .string(event), "credits": .string(credits.description)])
    case .taken(_, let event):
      logger.debug("\(reply.word)", metadata: ["event": .string(event)])
    case .refused(let code, let message):
      logger.warning(
        "a delivery to Stripe's webhook was refused",
        metadata: ["code": .string(code), "error": .string(message)])
    case .unavailable(let error):
      logger.error(
        "an event of Stripe's was not taken; Stripe sends it again",
        metadata: ["code": .string(error.code.rawValue), "error": .string(error.description)])
    }
  }

  /// Until it is cancelled.
  package func countLetters(of environment: String) async {
    guard settings.isOn else { return }
    let database = BillingDatabase(session, environment)
    repeat {
      await count(database)
    } while (try? await session.engine.time.sleep(StripeRoute.countInterval)) != nil
  }

  /// What cannot be counted keeps its last number.
  private func count(_ database: BillingDatabase) async {
    guard case .success(let books) = await books(database), let counts = try? await books.openLetters() else {
      return
    }
    metrics.setDeadLetters(counts)
  }
}
