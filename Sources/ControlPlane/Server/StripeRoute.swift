import Billing
package import Gateway
package import Logging
import Model
import Postgres
import Reconciling
import StripeAPI

/// `POST /webhooks/stripe`: processes deliveries, and reports them to log and metrics.
package struct StripeRoute: Sendable {
  private let settings: StripeSettings
  private let database: BillingDatabase
  private let client: StripeClient?
  private let time: TimeSource
  private let metrics: ControllerMetrics
  private let logger: Logger

  /// The interval at which dead letters are counted, which other processes may settle.
  private static let countInterval = TimeSpan(seconds: 15)

  package init(
    _ settings: StripeSettings, _ state: StateSession, _ environment: String, metrics: ControllerMetrics,
    logger: Logger
  ) {
    self.settings = settings
    database = BillingDatabase(state, environment)
    client = settings.client(state.foundations.http)
    time = state.time
    self.metrics = metrics
    self.logger = logger
  }

  package var route: WebhookRoute {
    guard settings.isEnabled else {
      let text =
        "this server accepts no events: no signing secret is set (RENDERTRUST_STRIPE_WEBHOOK_SECRETS)"
      let answer = WebhookAnswer(
        status: 503, json: Value.members(["error": .string(text)]).json, retryAfterSeconds: 300)
      return WebhookRoute(path: "webhooks/stripe") { _ in answer }
    }
    let webhook = StripeWebhook(
      secrets: settings.secrets, store: { await store() }, now: time.now)
    return WebhookRoute(path: "webhooks/stripe") { request in
      let reply = await webhook.process(request.body, signature: request.header("Stripe-Signature"))
      record(reply)
      if case .processed(.kept, _) = reply { await countDeadLetters() }
      return WebhookAnswer(
        status: reply.status, json: reply.json, retryAfterSeconds: reply.retryAfterSeconds)
    }
  }

  private func store() async -> Result<BillingStore, BackendError> {
    await database.billingStore(isLive: settings.isLive, client: client)
  }

  private func record(_ reply: StripeWebhook.Reply) {
    metrics.countBillingEvent(reply.word)
    switch reply {
    case .processed(.kept(let refusal), let event):
      logger.error(
        "Stripe event kept as a dead letter: rendertrust billing dead-letters",
        metadata: [
          "event": .string(event), "reason": .string(refusal.reason.rawValue),
          "error": .string(refusal.message),
        ])
    case .processed(.credited(let credits), let event), .processed(.reversed(let credits), let event):
      logger.info(
        "\(reply.word)", metadata: ["event": .string(event), "credits": .string(credits.description)])
    case .processed(_, let event):
      logger.debug("\(reply.word)", metadata: ["event": .string(event)])
    case .refused(let code, let message):
      logger.warning(
        "Stripe delivery refused", metadata: ["code": .string(code), "error": .string(message)])
    case .unavailable(let error):
      logger.error(
        "Stripe event not processed; Stripe sends it again",
        metadata: ["code": .string(error.code.rawValue), "error": .string(error.description)])
    }
  }

  /// Counts dead letters until the task is cancelled.
  package func monitorDeadLetters() async {
    guard settings.isEnabled else { return }
    repeat {
      await countDeadLetters()
    } while (try? await time.sleep(StripeRoute.countInterval)) != nil
  }

  /// Keeps the last count if the store does not answer.
  private func countDeadLetters() async {
    guard case .success(let store) = await store(), let counts = try? await store.openDeadLetterCounts()
    else {
      return
    }
    metrics.setDeadLetters(counts)
  }
}
