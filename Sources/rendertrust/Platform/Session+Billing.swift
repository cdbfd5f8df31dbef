import Billing
import Component
import Manifests
import Model
import Postgres
import Reconciling
import StripeAPI
import Synchronization

/// Where an environment's purchases are: in the database that its PriceMaps are kept in.
final class BillingDatabase: Sendable {
  private let session: Session
  private let environment: String
  /// The address by the revision that said so.
  private let known = Mutex<(revision: Int64, address: DatabaseAddress)?>(nil)

  init(_ session: Session, _ environment: String) {
    self.session = session
    self.environment = environment
  }

  private static let standard = ResourceID(kind: "Database", name: "platform")

  func pool() async -> Result<PostgresPool, BackendError> {
    do {
      let address = try await address()
      return .success(try await session.foundations.connector.pool(for: address))
    } catch let error as PostgresError {
      return .failure(error.backendError)
    } catch let error as StoreError {
      return .failure(BackendError(code: error.code, error.message, hint: error.hint))
    } catch {
      return .failure((error as? BackendError) ?? BackendError(code: "billing.database", "\(error)"))
    }
  }

  private func address() async throws -> DatabaseAddress {
    guard let latest = try await session.store.latestRevision(of: environment) else {
      throw BackendError(
        code: "billing.nothing-applied", "nothing was applied in \(environment) yet",
        hint: "apply manifests with a PriceMap")
    }
    if let known = known.withLock({ $0 }), known.revision == latest.number { return known.address }
    let desired = try await session.store.desiredState(of: environment, at: latest.number)
    let resources = desired?.resources ?? []
    let maps = resources.compactMap { $0.typed(as: PriceMapSpec.self) }
    let named = Set(maps.map(\.spec.database.id)).sorted()
    guard named.count < 2 else {
      throw BackendError(
        code: "billing.databases",
        "PriceMaps are kept in \(named.map(\.description).joined(separator: " and ")), and "
          + "purchases have one place", hint: "keep all PriceMaps of an environment in one database",
        retry: .afterChange)
    }
    let database = named.first ?? BillingDatabase.standard
    guard let offer = session.platform.kinds.offers(resources).databases[database] else {
      throw BackendError(
        code: "database.undeclared", "\(database) is not declared", hint: "add the Database to the manifests",
        retry: .afterChange)
    }
    known.withLock { $0 = (latest.number, offer.address) }
    return offer.address
  }
}

extension Session {
  /// - Parameter client: nil without a key of Stripe's API.
  func billingBooks(
    in database: BillingDatabase, isLive: Bool, client: StripeClient?
  ) async -> Result<BillingBooks, BackendError> {
    let lineItems = client.map { client -> BillingBooks.LineItems in
      { session in await StripeQuestions.lineItems(of: session, client) }
    }
    let now = engine.time.now
    let prices = foundations.environmentPrices
    return await database.pool().map { pool in
      BillingBooks(pool, environmentPrices: prices, isLive: isLive, lineItems: lineItems, now: now)
    }
  }
}

/// Questions to Stripe as values.
enum StripeQuestions {
  static func lineItems(
    of session: String, _ client: StripeClient
  ) async -> Result<[StripeLineItem], StripeError> {
    do throws(StripeError) {
      return .success(try await client.lineItems(ofSession: session))
    } catch {
      return .failure(error)
    }
  }
}
