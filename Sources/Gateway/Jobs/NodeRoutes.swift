internal import Model
package import Scheduling

/// Nodes as operators see them, and holding them back by hand.
package struct NodeRoutes: Sendable {
  private let desk: any JobService

  package init(_ desk: any JobService) { self.desk = desk }

  package var routes: [APIRoute] { [list, hold("hold", true), hold("release", false)] }

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

  private func hold(_ verb: String, _ isHeld: Bool) -> APIRoute {
    APIRoute(
      .post, "/api/v1/nodes/{node}/\(verb)", name: "\(verb)Node",
      summary: isHeld
        ? "Give the node no new work, beside what its manifest says; what runs goes on."
        : "Give the node work again.",
      roles: [.operator], parameters: [JobSchemas.nodeParameter],
      answer: APIAnswer(200, "The node.", schema: JobSchemas.node)
    ) { request in
      let node = request.parameters["node"] ?? ""
      return await answering { () throws(JobError) in
        .json(200, try await desk.hold(node: node, isHeld).value)
      }
    }
  }
}
