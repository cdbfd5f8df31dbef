import KindSupport
import Manifests
import Model
import Reconciling

/// Every physical thing has one owner among the manifests of an environment.
struct OwnershipCheck {
  /// The place of a claim.
  private struct Claimant {
    let id: ResourceID
    let claim: ThingClaim

    var place: ManifestCheck.Place { ManifestCheck.Place(id, field: claim.field) }
  }

  private let kinds: [Kind]

  /// - Parameter kinds: whose resources declare claims.
  static func check(_ kinds: [Kind]) -> ManifestCheck {
    ManifestCheck { resources, environment in
      OwnershipCheck(kinds: kinds).findings(resources, in: environment)
    }
  }

  /// A finding at the second of two resources that claim one thing.
  private func findings(_ resources: [AnyResource], in environment: String) -> [ManifestCheck.Finding] {
    let context = ClaimContext(
      environment: environment, controller: "", environmentMark: environment, offers: kinds.offers(resources))
    let claims = kinds.ownershipRules.claims
    var index = OverlapIndex<Claimant>()
    var findings: [ManifestCheck.Finding] = []
    for resource in resources {
      for claim in claims(resource, context) {
        let claimant = Claimant(id: resource.id, claim: claim)
        if let first = index.overlapping(claim.thing).first(where: { $0.id != resource.id }) {
          findings.append(OwnershipCheck.finding(claimant, first))
        }
        index.add(claimant, for: claim.thing)
      }
    }
    return findings
  }

  private static func finding(_ second: Claimant, _ first: Claimant) -> ManifestCheck.Finding {
    let thing = second.claim.thing
    let message: String
    let hint: String
    switch (thing, first.claim.thing) {
    case (.hostPort(let port, _), .hostPort(let other, _)):
      message =
        port == other
        ? "host port \(port) is published by \(first.id) too"
        : "host port \(port) overlaps \(other) of \(first.id)"
      hint = "publish one of them on another port or address"
    case (.folder(let path), .folder(let other)),
      (.bucketPrefix(_, _, let path), .bucketPrefix(_, _, let other)):
      let relation =
        path == other ? "is that of" : path.count < other.count ? "contains that of" : "lies in that of"
      message = "\(thing) \(relation) \(first.id)"
      hint = "give each its own"
    case (.archive(let server), _):
      message = "\(server) is archived by \(first.id) too"
      hint = "a server has one archive: keep one policy"
    case (.database(let address), _):
      message = "\(OwnershipCheck.name(of: address)) is declared by \(first.id) too"
      hint = "a database has one \(second.id.kind); refer to \(first.id), or give this one another name"
    default:
      message = "\(thing) is declared by \(first.id) too"
      hint = "keep one of them, or give each its own"
    }
    return ManifestCheck.Finding(at: second.place, message, with: first.place, hint: hint)
  }

  private static func name(of address: DatabaseAddress) -> String {
    switch address {
    case .embedded(let name): "database \(name)"
    case .external: "\(Thing.database(address))"
    }
  }
}
