package import Billing
import HTTP
import KindSupport
import Manifests
package import Model
package import StripeAPI

extension Foundations {
  /// For checks of prices: quick to give up, because the next look asks again.
  package func stripeClient(_ settings: StripeCheckSpec) async -> Result<StripeClient, BackendError> {
    let endpoint: StripeEndpoint
    do throws(StripeError) {
      endpoint = try StripeEndpoint(parsing: settings.address)
    } catch {
      return .failure(error.backendError)
    }
    do throws(SecretError) {
      let key = try await secrets.resolve(settings.secret)
      return .success(
        StripeClient(
          endpoint: endpoint, key: key, client: http, retries: RetryPolicy(attempts: 1), timeout: .seconds(5))
      )
    } catch {
      return .failure(error.backendError)
    }
  }
}

extension EnvironmentPrices {
  /// Those that this process was started with.
  package static func current() throws(OperationError) -> EnvironmentPrices {
    do throws(EnvironmentPrices.Problem) {
      return try EnvironmentPrices(parsing: Environment[variable] ?? "")
    } catch {
      throw .usage(error.description)
    }
  }

  /// Nothing is begun while it is open what a price gives.
  /// - Throws: a usage failure that names every price with both values.
  package static func refuseConflicts(in desired: DesiredState) throws(OperationError) {
    let prices = try current()
    let lines = desired.resources.compactMap { $0.typed(as: PriceMapSpec.self) }.flatMap { map in
      prices.conflicts(with: map.spec).map { conflict in
        "\(map.location.map { "\($0): " } ?? "")\(map.id): \(conflict)"
      }
    }
    guard !lines.isEmpty else { return }
    throw .usage(
      "a price gives different credits in the manifests and in the environment: change either\n"
        + lines.joined(separator: "\n"))
  }
}
