internal import Model
internal import Reconciling
internal import Synchronization

/// Authorizes requests: authenticates the token, checks its role and applies rate limits.
final class APIGate: Sendable {
  private let tokens: TokenCache
  private let time: TimeSource
  private let rates: Mutex<Rates>

  private struct Rates {
    var perToken: RateTable?
    var perAddress: RateTable?
    var rejections: RateTable
  }

  init(tokens: any TokenStore, limits: APILimits, time: TimeSource) {
    self.tokens = TokenCache(tokens, time: time)
    self.time = time
    rates = Mutex(
      Rates(
        perToken: limits.perToken.map { RateTable($0) }, perAddress: limits.perAddress.map { RateTable($0) },
        rejections: RateTable(limits.rejections)))
  }

  enum Authorization: Sendable {
    case allow(APIPrincipal)
    case deny(APIProblem, APIPrincipal?)
  }

  /// - Parameters:
  ///   - authorization: The header's value; nil where it is missing.
  ///   - address: The client's address; nil for this machine, whose requests are limited by token alone.
  func authorize(_ operation: Operation, authorization: String?, from address: String?) async -> Authorization
  {
    let now = time.uptime()
    if let address, let wait = rates.withLock({ $0.perAddress?.consume(address, at: now) ?? nil }) {
      return .deny(.rateLimited(wait, "requests from this address"), nil)
    }
    if operation.route.roles.isEmpty { return .allow(APIGate.anonymous) }
    let caller = address ?? "local"
    let token = APIGate.token(authorization)
    // Bearers of tokens that were valid before pass: many clients may share the address of a proxy or of this
    // machine.
    if rates.withLock({ $0.rejections.isEmpty(caller, at: now) }), !(token.map(tokens.isCachedValid) ?? false)
    {
      return .deny(.rateLimited(1000, "requests without a valid token"), nil)
    }
    let principal: APIPrincipal?
    switch await identify(token) {
    case .success(let known): principal = known
    case .failure:
      return .deny(
        APIProblem(503, "unavailable", "tokens cannot be verified at the moment", retryAfterSeconds: 2), nil)
    }
    guard let principal else {
      _ = rates.withLock { $0.rejections.consume(caller, at: now) }
      let detail = authorization == nil ? "a bearer token is required" : "the token is invalid"
      return .deny(APIProblem(401, "unauthorized", detail, hint: "rendertrust token create makes one"), nil)
    }
    if let wait = rates.withLock({ $0.perToken?.consume(principal.name, at: now) ?? nil }) {
      return .deny(.rateLimited(wait, "requests with this token"), principal)
    }
    guard operation.allows(principal) else {
      return .deny(
        APIProblem(
          403, "forbidden", "a token of the role \(principal.role.rawValue) does not permit this operation"),
        principal)
    }
    return .allow(principal)
  }

  static let anonymous = APIPrincipal(name: "", role: .viewer, subject: nil)

  private static func token(_ authorization: String?) -> APIToken? {
    guard let authorization, authorization.utf8.count > 7, authorization.prefix(7).lowercased() == "bearer "
    else { return nil }
    return APIToken(authorization.dropFirst(7))
  }

  private func identify(_ token: APIToken?) async -> Result<APIPrincipal?, TokenStoreError> {
    guard let token else { return .success(nil) }
    do throws(TokenStoreError) {
      return .success(try await tokens.principal(of: token))
    } catch {
      return .failure(error)
    }
  }
}

extension APIProblem {
  static func rateLimited(_ milliseconds: Int64, _ what: String) -> APIProblem {
    APIProblem(
      429, "too_many_requests", "too many \(what)", retryAfterSeconds: Int((milliseconds + 999) / 1000))
  }
}
