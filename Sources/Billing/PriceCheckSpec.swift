package import Manifests
package import Model
internal import StripeAPI

/// The service that the prices of a map are compared with.
package struct PriceCheckSpec: ManifestObject {
  package var stripe = StripeCheckSpec()

  package init() {}

  package static let fields = Fields<Self>("The service that declared prices are compared with") {
    Field("stripe", \.stripe, "Stripe's API")
  }
}

package struct StripeCheckSpec: ManifestObject, Hashable {
  package var secret = SecretReference.environment("STRIPE_SECRET")
  package var address = "https://api.stripe.com"

  package init() {}

  package static let fields = Fields<Self>("Access to Stripe's prices; each is read at most once an hour") {
    Field("secret", \.secret, "A key that can read prices")
    Field("address", \.address, "The URL of Stripe's API", StripeCheckSpec.isAddress)
  }

  private static var isAddress: FieldRule<String> {
    .rule("an address of Stripe's API") { text in
      do throws(StripeError) {
        _ = try StripeEndpoint(parsing: text)
        return nil
      } catch {
        return RuleProblem(
          "is not an address: \(error.message)", hint: error.hint ?? "write https://api.stripe.com")
      }
    }
  }
}
