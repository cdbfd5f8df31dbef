package import Billing
import KindSupport
import Ledger
import Manifests
package import Model
import Postgres
import Reconciling
package import StripeAPI

/// The database with the purchases of an environment. `BillingDatabaseName` chooses it.
package final class BillingDatabase: Sendable {
  private let environment: String
  private let store: any StateStore
  private let platform: Platform
  private let foundations: Foundations
  private let now: @Sendable () -> Timestamp
  private let cache = RevisionCache<DatabaseAddress>()

  package init(_ state: StateSession, _ environment: String) {
    self.environment = environment
    store = state.store
    platform = state.platform
    foundations = state.foundations
    now = state.time.now
  }

  /// - Parameter client: nil without a key of Stripe's API.
  package func billingStore(
    isLive: Bool, client: StripeClient?
  ) async -> Result<BillingStore, BackendError> {
    let lineItems = client.map { client -> BillingStore.LineItems in
      { session in await StripeQueries.lineItems(of: session, client) }
    }
    let prices = foundations.environmentPrices
    return await pool().map { [now] pool in
      BillingStore(pool, environmentPrices: prices, isLive: isLive, lineItems: lineItems, now: now)
    }
  }

  private func pool() async -> Result<PostgresPool, BackendError> {
    do {
      return .success(try await foundations.connector.pool(for: try await address()))
    } catch let error as PostgresError {
      return .failure(error.backendError)
    } catch let error as StoreError {
      return .failure(error.backendError)
    } catch {
      return .failure((error as? BackendError) ?? BackendError(code: "billing.database", "\(error)"))
    }
  }

  private func address() async throws -> DatabaseAddress {
    guard let latest = try await store.latestRevision(of: environment) else {
      throw BackendError(
        code: "billing.nothing-applied", "nothing was applied in \(environment) yet",
        hint: "apply manifests with a PriceMap")
    }
    return try await cache.value(at: latest.number) { () async throws in
      let resources = try await store.desiredState(of: environment, at: latest.number)?.resources ?? []
      return try platform.kinds.offers(resources).address(of: BillingDatabaseName.database(of: resources))
    }
  }
}

extension BillingDatabaseName {
  package static func database(of resources: [AnyResource]) throws(BackendError) -> ResourceID {
    try database(
      maps: resources.compactMap { $0.typed(as: PriceMapSpec.self)?.spec.database.id },
      ledgers: resources.compactMap { $0.typed(as: LedgerSpec.self)?.spec.database.id })
  }

  /// Refuses to start a server that accepts Stripe events while prices and credits are in different
  /// databases.
  package static func refuseSeparateDatabases(in desired: DesiredState) throws(OperationError) {
    do throws(BackendError) {
      _ = try database(of: desired.resources)
    } catch {
      throw .usage(error.description)
    }
  }
}

/// Calls of Stripe's API with the result as a value.
package enum StripeQueries {
  package static func lineItems(
    of session: String, _ client: StripeClient
  ) async -> Result<[StripeLineItem], StripeError> {
    do throws(StripeError) {
      return .success(try await client.lineItems(ofSession: session))
    } catch {
      return .failure(error)
    }
  }
}
