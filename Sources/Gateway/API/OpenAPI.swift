internal import HTTPTypes
package import Model

/// The description of the API in OpenAPI 3.1, generated from the routes that are served.
package enum OpenAPI {
  /// The routes, with that of the description.
  static func addingOwnRoute(_ routes: [APIRoute]) -> [APIRoute] {
    let text = document(of: routes + [route("")]).json
    return routes + [route(text)]
  }

  private static func route(_ text: String) -> APIRoute {
    APIRoute(
      .get, "/openapi.json", name: "openAPI", summary: "Retrieve the description of the API", roles: [],
      answer: APIAnswer(200, "An OpenAPI 3.1 document.", schema: Schema.object([:]))
    ) { _ in .encodedJSON(200, text) }
  }

  package static func document(of routes: [APIRoute]) -> Value {
    var paths: [String: [String: Value]] = [:]
    for route in routes { paths[route.path, default: [:]][route.method.rawValue] = operation(route) }
    return .members([
      "openapi": .string("3.1.0"),
      "info": .members([
        "title": .string("RenderTrust"), "version": .string("1"),
        "description": .string(
          "Submit and observe jobs, run the worker of a node, and operate a RenderTrust server."),
      ]),
      "paths": .object(paths.mapValues { .object($0) }),
      "components": .members([
        "securitySchemes": .members([
          "token": .members([
            "type": .string("http"), "scheme": .string("bearer"),
            "description": .string(
              "A token that `rendertrust token create` creates. Its role determines the permitted operations."
            ),
          ])
        ]),
        "schemas": .members(["Problem": problem]),
      ]),
    ])
  }

  private static func operation(_ route: APIRoute) -> Value {
    .members([
      "operationId": .string(route.name), "summary": .string(route.summary),
      "parameters": route.parameters.isEmpty ? nil : .array(route.parameters.map(parameter)),
      "requestBody": route.body.map { body in
        .members([
          "required": .bool(true),
          "content": .members(["application/json": .members(["schema": body.schema])]),
        ])
      },
      "responses": .object(responses(of: route)),
      "security": route.roles.isEmpty
        ? .array([]) : .array([.members(["token": .array([])])]),
      "x-roles": route.roles.isEmpty
        ? nil : .array(route.roles.union([.admin]).map(\.rawValue).sorted().map { .string($0) }),
    ])
  }

  private static func parameter(_ parameter: APIParameter) -> Value {
    .members([
      "name": .string(parameter.name), "in": .string(parameter.location.rawValue),
      "description": .string(parameter.summary), "schema": parameter.schema,
      "required": .bool(parameter.isRequired || parameter.location == .path),
    ])
  }

  private static func responses(of route: APIRoute) -> [String: Value] {
    var content: [String: Value] = [:]
    if let schema = route.answer.schema { content["application/json"] = .members(["schema": schema]) }
    if route.answer.streams {
      content["text/event-stream"] = .members(["schema": Schema.text()])
    }
    var responses = [
      String(route.answer.status): Value.members([
        "description": .string(route.answer.summary), "content": content.isEmpty ? nil : .object(content),
      ])
    ]
    for (status, text) in commonProblems(of: route).merging(route.problems, uniquingKeysWith: { $1 }) {
      responses[String(status)] = .members([
        "description": .string(text),
        "content": .members([
          "application/problem+json": .members([
            "schema": .members(["$ref": .string("#/components/schemas/Problem")])
          ])
        ]),
      ])
    }
    return responses
  }

  private static func commonProblems(of route: APIRoute) -> [Int: String] {
    var problems = [
      400: "The request is malformed, or a parameter is invalid.", 404: "The resource does not exist.",
      429: "Too many requests. `Retry-After` has the number of seconds to wait.",
      500: "An internal error occurred.", 503: "The service is temporarily unavailable.",
    ]
    if !route.roles.isEmpty {
      problems[401] = "The token is missing or invalid."
      problems[403] = "The token's role does not permit the operation."
    }
    if route.body != nil {
      problems[408] = "The body was not received in time."
      problems[413] = "The body is too large."
      problems[415] = "The body is not `application/json`."
    }
    return problems
  }

  /// RFC 9457.
  private static let problem = Schema.object(
    [
      "type": Schema.text(), "title": Schema.text(), "status": Schema.integer(),
      "code": Schema.text("A stable code for programs."), "detail": Schema.text("One sentence for people."),
      "field": Schema.text(), "hint": Schema.text(),
      "request": Schema.text("The request's id, which is also in the server's log."),
    ], required: ["type", "title", "status", "code", "detail", "request"])
}
