import Model

extension Handover {
  /// For people, behind the outcome of a resource: `moved from Database/olddb`.
  var text: String {
    switch self {
    case .movedFrom(let id): "moved from \(id)"
    case .movedTo(let id): "moved to \(id); nothing is removed"
    case .belongsTo(let id, nil): "belongs to \(id); nothing is removed"
    case .belongsTo(let id, let environment?):
      "belongs to \(id) of environment \(environment); nothing is removed"
    }
  }
}
