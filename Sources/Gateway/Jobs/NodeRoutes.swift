package import JobModel
internal import Model

/// Lists nodes and cordons them.
package struct NodeRoutes: Sendable {
  private let service: any JobService

  package init(_ service: any JobService) { self.service = service }

  package var routes: [APIRoute] {
    [
      list,
      change("cordon", "Cordon a node: it gets no new work. Attempts on it continue.") {
        (service, node) async throws(JobError) in try await service.cordon(node: node)
      },
      change("uncordon", "Uncordon a node. A node that its manifest cordons stays cordoned.") {
        (service, node) async throws(JobError) in try await service.uncordon(node: node)
      },
    ]
  }

  private var list: APIRoute {
    APIRoute(
      .get, "/api/v1/nodes", name: "listNodes", summary: "List nodes by name.",
      roles: [.viewer, .operator],
      answer: APIAnswer(
        200, "The nodes.",
        schema: Schema.object(["nodes": Schema.list(of: JobSchemas.node)], required: ["nodes"]))
    ) { _ in
      await answering { () throws(JobError) in
        .json(200, .members(["nodes": .array(try await service.nodes().map(\.value))]))
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
        .json(200, try await change(service, node).value)
      }
    }
  }
}
