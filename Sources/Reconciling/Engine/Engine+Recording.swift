import Model

extension Engine {
  /// Records the desired state as a revision, unless it is the newest already. An environment without a
  /// revision does not come into being for no resources: the answer is then revision 0.
  func recordRevision(_ desired: DesiredState, by authorship: Authorship) async throws(StoreError) -> Revision
  {
    try await Engine.record(desired, by: authorship, in: store, at: time.now())
  }

  /// The same in a store that is fenced by other tokens.
  static func record(
    _ desired: DesiredState, by authorship: Authorship, in store: any StateStore, at now: Timestamp
  ) async throws(StoreError) -> Revision {
    guard desired.resources.isEmpty, try await store.latestRevision(of: desired.environment) == nil else {
      return try await store.record(desired, by: authorship, at: now)
    }
    return Revision(
      number: 0, environment: desired.environment, manifestDigest: desired.digest, createdAt: now,
      actor: authorship.actor, commit: authorship.commit, message: authorship.message)
  }
}
