package import Model

/// The form of a lease table in the API and in `leases -o json`. The parts that are shown to people are read
/// back.
extension LeaseTable {
  package func value(now: Timestamp) -> Value {
    .members([
      "now": .string(now.description),
      "replicas": .array(
        orderedMemberships.map { membership in
          .members([
            "name": .string(membership.replica.name), "role": .string(membership.replica.role),
            "host": .string(membership.replica.host), "exclusive": .bool(membership.replica.isExclusive),
            "leads": .bool(self[.first].holder == membership.replica.name),
            "expiresAt": .string(membership.expiresAt.description),
          ])
        }),
      "leases": .array(
        KeyRange.all.map { range in
          .members([
            "range": .integer(Int64(range.number)), "holder": self[range].holder.map { .string($0) },
            "token": .integer(self[range].token), "since": .string(self[range].since.description),
          ])
        }),
    ])
  }

  package init?(_ value: Value) {
    guard let replicas = value.list(at: "replicas"), let entries = value.list(at: "leases") else {
      return nil
    }
    let memberships = replicas.enumerated().compactMap { index, value -> Membership? in
      guard let name = value.text(at: "name"), let expiresAt = value.time(at: "expiresAt") else { return nil }
      let replica = ControllerReplica(
        name: name, role: value.text(at: "role") ?? "", host: value.text(at: "host") ?? "",
        isExclusive: value.flag(at: "exclusive") ?? false)
      return Membership(replica: replica, joined: Int64(index + 1), expiresAt: expiresAt)
    }
    var leases: [KeyRange: Lease] = [:]
    for entry in entries {
      guard let range = entry.integer(at: "range").flatMap({ KeyRange(Int(clamping: $0)) }),
        let token = entry.integer(at: "token"), let since = entry.time(at: "since")
      else { return nil }
      leases[range] = Lease(holder: entry.text(at: "holder"), token: token, since: since)
    }
    self.init(memberships: memberships, leases: leases)
  }
}
