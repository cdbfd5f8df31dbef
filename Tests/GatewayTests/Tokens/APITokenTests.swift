import Gateway
import GatewaySupport
import KindTestSupport
import Model
import RandomSupport
import Reconciling
import Testing

struct APITokenTests {
  @Test("A token is parsed, and other text is not")
  func aTokenIsParsedAndOtherTextIsNot() throws {
    let seed = UInt64.random(in: .min ... .max)
    print("seed: \(seed)")
    var generator = SeededRandom(seed: seed)
    var seen: Set<String> = []
    for _ in 0..<200 {
      let token = APIToken(random: &generator)
      let text = token.secret.reveal()
      #expect(text.hasPrefix("rt_") && text.count == 43)
      #expect(seen.insert(text).inserted)
      #expect(try #require(APIToken(text)).hash == token.hash)
      #expect(try #require(TokenHash(hex: token.hash.hex)) == token.hash)
      #expect("\(token)".contains(text) == false, "a token does not print itself")
      #expect(token.hash.hex == Digest(of: text).hex)
    }
    for text in ["", "rt_", "rt_" + String(repeating: "A", count: 40), String(repeating: "a", count: 43)] {
      #expect(APIToken(text) == nil)
    }
  }

  @Test("Hashes that differ in any byte differ") func hashesThatDifferInAnyByteDiffer() throws {
    let hex = String(repeating: "0123456789abcdef", count: 4)
    let hash = try #require(TokenHash(hex: hex))
    for index in 0..<64 {
      var digits = Array(hex)
      digits[index] = digits[index] == "0" ? "1" : "0"
      let other = try #require(TokenHash(hex: String(digits)))
      #expect(other != hash)
    }
    #expect(TokenHash(hex: hex + "0") == nil && TokenHash(hex: String(repeating: "x", count: 64)) == nil)
  }

  @Test(
    "Reports the problem of a new token",
    arguments: [
      ("ada", APIRole.creator, "ada", true, "a creator with an account"),
      ("ada", .creator, nil, false, "a creator without one"),
      ("n", .node, nil, false, "a node without its name"),
      ("v", .viewer, "ada", false, "a viewer of one account is no role"),
      ("a b", .admin, nil, false, "a name with a space"), ("", .admin, nil, false, "no name"),
      ("ops-1.eu_2", .operator, nil, true, "an operator"),
    ] as [(String, APIRole, String?, Bool, String)])
  func reportsTheProblemOfANewToken(
    name: String, role: APIRole, subject: String?, isGood: Bool, reason: String
  ) {
    let problem = TokenRecord.problem(name: name, role: role, subject: subject)
    #expect((problem == nil) == isGood, "\(reason)")
  }

  @Test("A revoked token is rejected within 5 s, an expired one at once, and the store is rarely queried")
  func aRevokedTokenIsRejectedWithin5SAnExpiredOne()
    async throws
  {
    let clock = TestClock()
    let tokens = FakeTokens()
    let cache = TokenCache(tokens, time: clock.source)
    let token = try #require(APIToken(tokens.make("ops", .operator)))
    let end = clock.source.now() + TimeSpan(milliseconds: 700)
    let short = try #require(APIToken(tokens.make("short", .viewer, expiresAt: end)))
    for _ in 0..<1000 { #expect(try await cache.principal(of: token)?.name == "ops") }
    #expect(tokens.count == 1)
    #expect(try await cache.principal(of: short)?.role == .viewer)
    clock.advance(TimeSpan(milliseconds: 700))
    #expect(try await cache.principal(of: short) == nil)
    tokens.revoke("ops")
    var waited: Int64 = 0
    while try await cache.principal(of: token) != nil {
      clock.advance(TimeSpan(milliseconds: 100))
      waited += 100
      try #require(waited <= 5000)
    }
    #expect(tokens.count <= 4)
  }

  @Test("Cached tokens stay valid for a while when the store is down, and no longer")
  func cachedTokensStayValidForAWhileWhenTheStore() async throws {
    let clock = TestClock()
    let tokens = FakeTokens()
    let cache = TokenCache(tokens, time: clock.source)
    let token = try #require(APIToken(tokens.make("ops", .operator)))
    #expect(try await cache.principal(of: token) != nil)
    tokens.setDown(true)
    clock.advance(TimeSpan(milliseconds: 3000))
    #expect(try await cache.principal(of: token) != nil)
    clock.advance(TimeSpan(milliseconds: 1000))
    await #expect(throws: TokenStoreError.self) { _ = try await cache.principal(of: token) }
    tokens.setDown(false)
    #expect(try await cache.principal(of: token) != nil)
  }

  @Test("Unknown tokens are not queried twice, and are removed")
  func unknownTokensAreNotQueriedTwiceAndAreRemoved() async throws {
    let clock = TestClock()
    let tokens = FakeTokens()
    let cache = TokenCache(tokens, time: clock.source)
    var generator = SystemRandomNumberGenerator()
    let strange = APIToken(random: &generator)
    #expect(try await cache.principal(of: strange) == nil)
    #expect(try await cache.principal(of: strange) == nil)
    #expect(tokens.count == 1)
  }
}
