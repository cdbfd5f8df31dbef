package import Billing
import KindSupport
import Ledger
import Manifests
package import Model
package import Postgres
import Reconciling
package import StripeAPI
import Synchronization

/// Where an environment's purchases are, as `BillingDatabaseName` says.
package final class BillingDatabase: Sendable {
  private let session: Session
  private let environment: String
  /// The address by the revision that said so.
  private let known = Mutex<(revision: Int64, address: DatabaseAddress)?>(nil)

  package init(_ session: Session, _ environment: String) {
    self.session = session
    self.environment = environment
  }

  package func pool() async -> Result<PostgresPool, BackendError> {
    do {
      let address = try await address()
      return .success(try await session.foundations.connector.pool(for: address))
    } catch let error as PostgresError {
      return .failure(error.backendError)
    } catch let error as StoreError {
      return .failure(error.backendError)
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
    let database = try BillingDatabaseName.database(of: resources)
    let address = try session.platform.kinds.offers(resources).address(of: database)
    known.withLock { $0 = (latest.number, address) }
    return address
  }
}

extension BillingDatabaseName {
  package static func database(of resources: [AnyResource]) throws(BackendError) -> ResourceID {
    try database(
      maps: resources.compactMap { $0.typed(as: PriceMapSpec.self)?.spec.database.id },
      ledgers: resources.compactMap { $0.typed(as: LedgerSpec.self)?.spec.database.id })
  }

  /// A server that is to take Stripe's events does not begin where prices and credits are apart.
  package static func refuseApart(in desired: DesiredState) throws(OperationError) {
    do throws(BackendError) {
      _ = try database(of: desired.resources)
    } catch {
      throw .usage(error.description)
    }
  }
}

extension Session {
  /// - Parameter client: nil without a key of Stripe's API.
  package func billingBooks(
    in database: BillingDatabase, isLive: Bool, client: StripeClient?
  ) async -> Result<BillingStore, BackendError> {
    let lineItems = client.map { client -> BillingStore.LineItems in
      { session in await StripeQuestions.lineItems(of: session, client) }
    }
    let now = engine.time.now
    let prices = foundations.environmentPrices
    return await database.pool().map { pool in
      BillingStore(pool, environmentPrices: prices, isLive: isLive, lineItems: lineItems, now: now)
    }
  }
}

/// Questions to Stripe as values.
package enum StripeQuestions {
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
