package import Manifests
package import Model
internal import StripeAPI

/// Who is asked whether the prices of a map are as it has them.
package struct PriceCheckSpec: ManifestObject {
  package var stripe = StripeCheckSpec()

  package init() {}

  package static let fields = Fields<Self>("Who is asked whether the prices are as declared") {
    Field("stripe", \.stripe, "Stripe's API")
  }
}

package struct StripeCheckSpec: ManifestObject, Hashable {
  package var secret = SecretReference.environment("STRIPE_SECRET")
  package var address = "https://api.stripe.com"

  package init() {}

  package static let fields = Fields<Self>("How Stripe is asked for prices, at most once an hour for each") {
    Field("secret", \.secret, "A key that may read prices")
    Field("address", \.address, "Where Stripe's API is", StripeCheckSpec.isAddress)
  }

  private static var isAddress: FieldRule<String> {
    .rule("an address of Stripe's API") { text in
      do throws(StripeError) {
        _ = try StripeEndpoint(parsing: text)
        return nil
      } catch {
        return RuleProblem("is none: \(error.message)", hint: error.hint ?? "write https://api.stripe.com")
      }
    }
  }
}
