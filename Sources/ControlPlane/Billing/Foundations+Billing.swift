package import Billing
import HTTP
import KindSupport
import Manifests
package import Model
package import StripeAPI

extension Foundations {
  /// The client for price checks. Fails fast, because the next observation repeats the check.
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
  /// The prices in the environment of this process.
  package static func current() throws(OperationError) -> EnvironmentPrices {
    do throws(EnvironmentPrices.SyntaxError) {
      return try EnvironmentPrices(parsing: Environment[variable] ?? "")
    } catch {
      throw .usage(error.description)
    }
  }

  /// Refuses manifests that contradict the prices in the environment of this process.
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
      "a price has different credits in the manifests and in the environment: change one of them\n"
        + lines.joined(separator: "\n"))
  }
}
