/// Two owners of one thing, or an owner that is not known.
package struct OwnershipConflict: Hashable, Sendable {
  /// How the owner relates to the resource that claims the thing.
  package enum Relation: Hashable, Sendable {
    /// Another resource of the same environment.
    case resource
    /// A resource of another environment of the same controller.
    case environment
    /// A resource of another controller, which the marks of the thing name.
    case controller
    /// The thing carries no mark, so that the controller did not create it.
    case unmarked
  }

  package let thing: Thing
  /// Nil where the thing carries no mark.
  package let owner: Owner?
  /// The resource that claims the thing.
  package let claimant: Owner
  package let relation: Relation

  /// - Parameters:
  ///   - owner: The owner that is recorded or marked; nil for a thing without a mark.
  ///   - claimant: The resource that claims the thing.
  package init(_ thing: Thing, owner: Owner?, claimant: Owner) {
    self.thing = thing
    self.owner = owner
    self.claimant = claimant
    relation =
      switch owner {
      case nil: .unmarked
      case let owner? where owner.controller != claimant.controller: .controller
      case let owner? where owner.environment != claimant.environment: .environment
      default: .resource
      }
  }

  /// For people: `database shop of the embedded server belongs to Database/shop of environment h1`.
  package var text: String {
    switch (relation, owner) {
    case (.controller, let owner?):
      "\(thing) carries the marks of \(owner); it is never adopted, changed or removed here"
    case (.environment, let owner?):
      "\(thing) belongs to \(owner.resource)"
        + (owner.environment.map { " of environment \($0)" } ?? ", as version 0.4 marked it")
    case (_, let owner?): "\(thing) belongs to \(owner.resource)"
    case (_, nil): "\(thing) exists and carries no mark of this controller"
    }
  }

  /// What to do about it.
  package var hint: String {
    switch relation {
    case .resource: "declare another one, or remove \(owner?.resource.description ?? "the other resource")"
    case .environment:
      if let former = owner?.environment, let present = claimant.environment {
        "declare another one, or, if environment \(former) was renamed, run ‘rendertrust environments "
          + "rename \(former) \(present)’"
      } else {
        "declare another one"
      }
    case .controller: "declare another one"
    case .unmarked: "declare another one, or remove it by hand if it is not needed"
    }
  }

  /// The error of a backend that found the conflict in the outside system. Nothing was changed.
  package func backendError(code: BackendError.Code) -> BackendError {
    BackendError(code: code.rawValue, text, hint: hint, retry: .afterChange)
  }
}
