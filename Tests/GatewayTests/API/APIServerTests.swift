import Gateway
import GatewaySupport
import HTTP
import Model
import Testing

/// The API over a real socket: the requests that it admits and rejects.
@Suite(.timeLimit(.minutes(2))) struct APIServerTests {
  private static let order = #"{"module":"echo","input":{"text":"hi"}}"#

  @Test("Each role may call its operations, and no others")
  func eachRoleMayCallItsOperationsAndNoOthers() async throws {
    let requests: [(HTTPMethod, String, String?, Set<APIRole>)] = [
      (.get, "/api/v1/whoami", nil, Set(APIRole.allCases)),
      (.post, "/api/v1/jobs", order(for: "ada"), [.operator, .creator, .admin]),
      (.get, "/api/v1/jobs", nil, [.viewer, .operator, .creator, .admin]),
      (.get, "/api/v1/nodes", nil, [.viewer, .operator, .admin]),
      (.post, "/api/v1/nodes/north/cordon", nil, [.operator, .admin]),
      (.post, "/api/v1/nodes/north/uncordon", nil, [.operator, .admin]),
      (.post, "/api/v1/nodes/north/register", "{}", [.node]),
      (.post, "/api/v1/nodes/north/heartbeat", "{}", [.node]),
      (.get, "/api/v1/nodes/north/work", nil, [.node]),
    ]
    try await ServedAPI.with { api in
      for role in APIRole.allCases {
        let token = api.tokens.make(
          role.rawValue, role, subject: role == .creator ? "ada" : role == .node ? "north" : nil)
        for (method, path, body, roles) in requests {
          let answer = try await api.send(method, path, token: token, body: body)
          let isIn = (200..<300).contains(answer.status)
          #expect(isIn == roles.contains(role), "\(role) \(method) \(path): \(answer)")
          if !isIn { #expect(answer.status == 403 && answer.code == "forbidden", "\(answer)") }
        }
      }
      for (method, path, body, _) in requests {
        #expect(try await api.send(method, path, body: body).status == 401)
      }
      #expect(try await api.send(.get, "/openapi.json").status == 200, "the description needs no token")
    }
  }

  private func order(for account: String) -> String {
    #"{"module":"echo","input":{"text":"hi"},"creator":"\#(account)"}"#
  }

  @Test("A creator cannot submit for, read, list, cancel or explain another account's jobs")
  func aCreatorCannotSubmitForReadListCancel() async throws {
    try await ServedAPI.with { api in
      let ada = api.tokens.make("ada", .creator, subject: "ada")
      let bob = api.tokens.make("bob", .creator, subject: "bob")
      let job = try await api.send(.post, "/api/v1/jobs", token: ada, body: Self.order)
      let id = try #require(job.value["id"]?.plainText)
      #expect(job.status == 201 && job.value["creator"] == .string("ada"))
      #expect(try await api.send(.post, "/api/v1/jobs", token: bob, body: order(for: "ada")).status == 403)
      for path in ["", "?wait=1s", "?newerThan=0", "/why"] {
        let answer = try await api.send(.get, "/api/v1/jobs/\(id)\(path)", token: bob)
        #expect(answer.status == 404 && answer.code == "unknown_job", "\(answer)")
        #expect(try await api.send(.get, "/api/v1/jobs/\(id)\(path)", token: ada).status == 200)
      }
      let stream = try await api.send(
        .get, "/api/v1/jobs/\(id)", token: bob, headers: ["Accept": "text/event-stream"])
      #expect(stream.status == 404)
      #expect(try await api.send(.post, "/api/v1/jobs/\(id)/cancel", token: bob).status == 404)
      for query in ["", "?creator=ada", "?before=\(id)"] {
        let list = try await api.send(.get, "/api/v1/jobs\(query)", token: bob)
        #expect(list.text == #"{"jobs":[]}"#)
      }
      #expect(try await api.send(.get, "/api/v1/jobs?creator=ada", token: ada).text.contains(id))
      #expect(try await api.send(.post, "/api/v1/jobs/\(id)/cancel", token: ada).status == 200)
      let node = api.tokens.make("south", .node, subject: "south")
      #expect(try await api.send(.get, "/api/v1/nodes/north/work", token: node).status == 403)
      #expect(
        try await api.send(.post, "/api/v1/nodes/north/heartbeat", token: node, body: "{}").status == 403)
    }
  }

  private struct Case {
    let reason: String
    var method = HTTPMethod.post
    var path = "/api/v1/jobs"
    var body: String? = APIServerTests.order
    var type: String? = "application/json"
    var headers: [String: String] = [:]
    let status: Int
    let code: String
  }

  @Test("Invalid requests get their 4xx") func invalidRequestsGetTheir4xx() async throws {
    let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
    let cases = [
      Case(reason: "no such path", path: "/api/v1/job", status: 404, code: "not_found"),
      Case(reason: "another method", method: .put, status: 405, code: "method_not_allowed"),
      Case(reason: "no JSON", body: "{", status: 400, code: "invalid_json"),
      Case(reason: "an empty body", body: "", status: 400, code: "invalid_json"),
      Case(
        reason: "a member twice", body: #"{"module":"echo","module":"film"}"#, status: 400,
        code: "invalid_json"),
      Case(reason: "no object", body: "[1]", status: 400, code: "invalid"),
      Case(reason: "another type", type: "text/plain", status: 415, code: "unsupported_media_type"),
      Case(
        reason: "nested 65 deep", body: #"{"module":"echo","input":\#(nested(65))}"#, status: 400,
        code: "invalid_json"),
      Case(reason: "nested 100,000 deep", body: deep, status: 400, code: "invalid_json"),
      Case(reason: "a NUL", body: #"{"module":"echo","input":"a\u0000"}"#, status: 400, code: "invalid_json"),
      Case(
        reason: "longer than the limit",
        body: #"{"module":"echo","input":"\#(String(repeating: "x", count: 300_000))"}"#,
        status: 413, code: "too_long"),
      Case(
        reason: "an unknown member", body: #"{"module":"echo","unit":1}"#, status: 400, code: "unknown_member"
      ),
      Case(reason: "without a module", body: "{}", status: 400, code: "invalid"),
      Case(reason: "no units", body: #"{"module":"echo","units":0}"#, status: 400, code: "invalid"),
      Case(
        reason: "a budget as number", body: #"{"module":"echo","budget":2.5}"#, status: 400, code: "invalid"),
      Case(
        reason: "a module that is not there", body: #"{"module":"nope"}"#, status: 422, code: "unknown_module"
      ),
      Case(
        reason: "two keys", body: #"{"module":"echo","key":"a"}"#, headers: ["Idempotency-Key": "b"],
        status: 400, code: "invalid"),
      Case(
        reason: "a wait without unit", method: .get, path: "/api/v1/jobs/0000000000000000?wait=30", body: nil,
        status: 400, code: "invalid"),
      Case(
        reason: "a wait that is too long", method: .get, path: "/api/v1/jobs/0000000000000000?wait=1h",
        body: nil, status: 400, code: "invalid"),
      Case(
        reason: "an id that is none", method: .get, path: "/api/v1/jobs/x", body: nil, status: 400,
        code: "invalid_parameter"),
      Case(
        reason: "an unknown parameter", method: .get, path: "/api/v1/jobs?foo=1", body: nil, status: 400,
        code: "unknown_parameter"),
      Case(
        reason: "a parameter twice", method: .get, path: "/api/v1/jobs?limit=1&limit=2", body: nil,
        status: 400, code: "invalid_parameter"),
      Case(
        reason: "a limit beyond its bounds", method: .get, path: "/api/v1/jobs?limit=201", body: nil,
        status: 400, code: "invalid_parameter"),
      Case(
        reason: "a state that is none", method: .get, path: "/api/v1/jobs?state=lost", body: nil, status: 400,
        code: "invalid_parameter"),
    ]
    try await ServedAPI.with { api in
      let token = api.tokens.make("ada", .creator, subject: "ada")
      for example in cases {
        let answer = try await api.send(
          example.method, example.path, token: token, body: example.body, type: example.type,
          headers: example.headers)
        #expect(
          answer.status == example.status && answer.code == example.code, "\(example.reason): \(answer)")
        #expect(answer.headers["content-type"] == "application/problem+json", "\(example.reason)")
        #expect(answer.value["status"] == .integer(Int64(example.status)))
        if example.status == 405 { #expect(answer.headers["allow"] == "GET, POST") }
      }
      let fine = #"{"module":"echo","input":\#(nested(62))}"#
      #expect(try await api.send(.post, "/api/v1/jobs", token: token, body: fine).status == 201)
      let literal = #"{"module":"echo","input":"a\\u0000"}"#
      #expect(try await api.send(.post, "/api/v1/jobs", token: token, body: literal).status == 201)
    }
  }

  private func nested(_ depth: Int) -> String {
    String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
  }

  @Test("A token has a rate limit, and the response says when to retry")
  func aTokenHasARateLimitAndTheResponseSays() async throws {
    try await ServedAPI.with { limits in
      limits.perToken = Rate(perSecond: 5, burst: 5)
      limits.rejections = Rate(perSecond: 1, burst: 3)
    } _: { api in
      let (ada, bob) = (api.tokens.make("ada", .viewer), api.tokens.make("bob", .viewer))
      var statuses: [Int] = []
      for _ in 0..<6 { statuses.append(try await api.send(.get, "/api/v1/whoami", token: ada).status) }
      #expect(statuses == [200, 200, 200, 200, 200, 429])
      let refused = try await api.send(.get, "/api/v1/whoami", token: ada)
      #expect(refused.headers["retry-after"] == "1" && refused.code == "too_many_requests")
      #expect(try await api.send(.get, "/api/v1/whoami", token: bob).status == 200)
      api.clock.advance(TimeSpan(milliseconds: 200))
      #expect(try await api.send(.get, "/api/v1/whoami", token: ada).status == 200)
      var guesses: [Int] = []
      for _ in 0..<4 { guesses.append(try await api.send(.get, "/api/v1/whoami", token: "rt_x").status) }
      #expect(guesses == [401, 401, 401, 429], "guessing is slowed down")
    }
  }

  @Test("Guesses from an address do not lock out tokens that were valid before")
  func guessesFromAnAddressDoNotLockOutTokens() async throws {
    try await ServedAPI.with { limits in
      limits.rejections = Rate(perSecond: 1, burst: 3)
    } _: { api in
      let (ada, bob) = (api.tokens.make("ada", .viewer), api.tokens.make("bob", .viewer))
      let unknownToken = "rt_" + String(repeating: "b", count: 40)
      #expect(try await api.send(.get, "/api/v1/whoami", token: ada).status == 200)
      // Once the cached token has expired, the store is read again.
      api.clock.advance(TimeSpan(seconds: 60))
      var guesses: [Int] = []
      for _ in 0..<4 {
        guesses.append(try await api.send(.get, "/api/v1/whoami", token: unknownToken).status)
      }
      #expect(guesses == [401, 401, 401, 429])
      #expect(try await api.send(.get, "/api/v1/whoami", token: ada).status == 200)
      #expect(try await api.send(.get, "/api/v1/whoami", token: bob).status == 429, "not known yet")
      api.tokens.revoke("ada")
      api.clock.advance(TimeSpan(milliseconds: 4000))
      for _ in 0..<4 { _ = try await api.send(.get, "/api/v1/whoami", token: unknownToken) }
      let revoked = [
        try await api.send(.get, "/api/v1/whoami", token: ada).status,
        try await api.send(.get, "/api/v1/whoami", token: ada).status,
      ]
      #expect(revoked == [401, 429], "a token that was revoked is no better than a guess")
    }
  }

  @Test("The log records each request and no secret")
  func theLogRecordsEachRequestAndNoSecret() async throws {
    try await ServedAPI.with { api in
      let token = api.tokens.make("ada", .creator, subject: "ada")
      let body = #"{"module":"echo","input":"geheim","key":"geheim"}"#
      let own = try await api.send(
        .post, "/api/v1/jobs", token: token, body: body, headers: ["X-Request-Id": "mine-1"])
      #expect(own.headers["x-request-id"] == "mine-1")
      let other = try await api.send(
        .get, "/api/v1/jobs?module=geheim", token: token, headers: ["X-Request-Id": "a b\"c"])
      let made = try #require(other.headers["x-request-id"])
      #expect(made != "a b\"c" && !made.isEmpty)
      #expect(other.headers["cache-control"] == "no-store")
      #expect(other.headers["x-content-type-options"] == "nosniff")
      _ = try await api.send(.get, "/api/v1/jobs/\(token)", token: token)
      let lines = api.log.all
      #expect(lines.count == 3)
      #expect(lines[0]["route"] == "/api/v1/jobs" && lines[0]["status"] == "201")
      #expect(lines[0]["principal"] == "ada" && lines[0]["request"] == "mine-1")
      #expect(lines[1]["request"] == made && lines[2]["route"] == "/api/v1/jobs/{job}")
      let text = "\(lines)"
      #expect(!text.contains("geheim") && !text.contains(token), "\(text)")
    }
  }

  @Test("The same key returns the same job, and is rejected for another order")
  func theSameKeyReturnsTheSameJobAndIsRejected() async throws {
    try await ServedAPI.with { api in
      let token = api.tokens.make("ada", .creator, subject: "ada")
      let first = try await api.send(
        .post, "/api/v1/jobs", token: token, body: Self.order, headers: ["Idempotency-Key": "k1"])
      let again = try await api.send(
        .post, "/api/v1/jobs", token: token, body: Self.order, headers: ["Idempotency-Key": "k1"])
      #expect(first.value["id"] == again.value["id"] && first.status == 201)
      let other = try await api.send(
        .post, "/api/v1/jobs", token: token, body: #"{"module":"echo","units":2,"key":"k1"}"#)
      #expect(other.status == 409 && other.code == "key_reused", "\(other)")
    }
  }
}
