import Gateway
import Model
import Testing

struct RouteTableTests {
  private static func route(_ method: APIRoute.Method, _ path: String, _ name: String) -> APIRoute {
    APIRoute(
      method, path, name: name, summary: "", roles: [], answer: APIAnswer(200, "", schema: nil)
    ) { _ in .json(200, .null) }
  }

  private static let table = RouteTable([
    route(.get, "/api/v1/jobs", "list"), route(.post, "/api/v1/jobs", "submit"),
    route(.get, "/api/v1/jobs/{job}", "get"), route(.post, "/api/v1/jobs/{job}/cancel", "cancel"),
    route(.get, "/api/v1/jobs/all", "all"), route(.get, "/openapi.json", "openapi"),
  ])

  private func found(_ method: String, _ path: String) -> String {
    switch Self.table.match(method, Substring(path)) {
    case .operation(let operation, let values):
      operation.route.name + (values.isEmpty ? "" : " " + values.joined(separator: ","))
    case .otherMethods(let methods): methods.joined(separator: ",")
    case .none: "none"
    }
  }

  @Test(
    "Matches the operation",
    arguments: [
      ("GET", "/api/v1/jobs", "list", "a path without parameters"),
      ("POST", "/api/v1/jobs", "submit", "its other method"),
      ("GET", "/api/v1/jobs/abc", "get abc", "a parameter"),
      ("GET", "/api/v1/jobs/a%2Fb%20c", "get a/b c", "decoded after the path is taken apart"),
      ("GET", "/api/v1/jobs/all", "all", "a fixed part counts before a parameter"),
      ("POST", "/api/v1/jobs/abc/cancel", "cancel abc", "below a parameter"),
      ("PUT", "/api/v1/jobs", "GET,POST", "another method"),
      ("get", "/openapi.json", "openapi", "methods as the route has them"),
      ("GET", "/api/v1/jobs/", "none", "an empty parameter"),
      ("GET", "/api/v1", "none", "part of a path"),
      ("GET", "/api/v1/jobs/abc/other", "none", "more than a path"),
      ("GET", "api/v1/jobs", "none", "no path"),
      ("GET", "/api/v1/jobs/%zz", "none", "a broken escape"),
      ("GET", "/api/v1/jobs/%00", "none", "a control character"),
      ("GET", "/api/v1/jobs/%ff", "none", "no UTF-8"),
      ("GET", String(repeating: "/a", count: 10_000), "none", "very long"),
    ])
  func matchesTheOperation(method: String, path: String, expected: String, reason: String) {
    let found = found(method, path)
    #expect(found == expected, "\(reason)")
  }
}
