internal import JobModel
internal import Model

extension JobRoutes {
  static func order(_ request: APIRequest) -> Result<JobOrder, APIProblem> {
    var reader = MemberReader(request.body)
    let named = reader.text("creator")
    let own = request.principal.owner
    if let named, let own, named != own {
      let detail = "a creator's token may order only for its own account"
      return .failure(APIProblem(403, "forbidden", detail, field: "creator"))
    }
    let header = request.parameters["idempotency-key"]
    let member = reader.text("key")
    if let header, let member, header != member {
      return .failure(.invalid("key", "differs from the header Idempotency-Key"))
    }
    let creator = reader.required("creator", own ?? named)
    let order = JobOrder(
      creator: creator ?? "", module: reader.required("module", reader.text("module")) ?? "",
      input: reader.value("input") ?? .null, units: reader.integer("units", 1...JobOrder.maxUnits) ?? 1,
      budget: reader.credits("budget"), priority: Int(reader.integer("priority", 0...9) ?? 5),
      within: reader.span("within"), key: member ?? header)
    if let problem = reader.finish() { return .failure(problem) }
    if let problem = order.problem { return .failure(APIProblem(problem)) }
    return .success(order)
  }
}
