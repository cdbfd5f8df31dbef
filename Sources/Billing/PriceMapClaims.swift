internal import Manifests
package import Model

/// What a price map declares to be its own: its prices, which its database keeps under its name.
package enum PriceMapClaims {
  package static func claims(of map: Resource<PriceMapSpec>, in context: ClaimContext) -> [ThingClaim] {
    guard let address = context.offers.databases[map.spec.database.id]?.address else { return [] }
    return [ThingClaim(.priceMap(map.id.name, in: address), field: "metadata.name", role: "prices")]
  }
}
