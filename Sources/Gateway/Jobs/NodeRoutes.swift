package import JobModel
internal import Model

/// Lists nodes and cordons them.
package struct NodeRoutes: Sendable {
  private let desk: any JobService

  package init(_ desk: any JobService) { self.desk = desk }

  package var routes: [APIRoute] {
    [
      list,
      change("cordon", "Give a node no new work, whatever its manifest says. Attempts on it continue.") {
        (desk, node) async throws(JobError) in try await desk.cordon(node: node)
      },
      change("uncordon", "Give a node new work again, unless its manifest cordons it.") {
        (desk, node) async throws(JobError) in try await desk.uncordon(node: node)
      },
    ]
  }

  private var list: APIRoute {
    APIRoute(
      .get, "/api/v1/nodes", name: "listNodes", summary: "The fleet, by name.",
      roles: [.viewer, .operator],
      answer: APIAnswer(
        200, "The nodes.",
        schema: Schema.object(["nodes": Schema.list(of: JobSchemas.node)], required: ["nodes"]))
    ) { _ in
      await answering { () throws(JobError) in
        .json(200, .members(["nodes": .array(try await desk.nodes().map(\.value))]))
      }
    }
  }

  private func change(
    _ verb: String, _ summary: String,
    _ change: @escaping @Sendable (any JobService, _ node: String) async throws(JobError) -> NodeStatus
  ) -> APIRoute {
    APIRoute(
      .post, "/api/v1/nodes/{node}/\(verb)", name: "\(verb)Node", summary: summary, roles: [.operator],
      parameters: [JobSchemas.nodeParameter],
      answer: APIAnswer(200, "The node.", schema: JobSchemas.node)
    ) { request in
      let node = request.parameters["node"] ?? ""
      return await answering { () throws(JobError) in
        .json(200, try await change(desk, node).value)
      }
    }
  }
}
