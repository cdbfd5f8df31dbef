internal import Model

/// The comment of a database or role that names its owner.
enum OwnerComment {
  private static let word = "rendertrust "

  static func text(_ owner: Owner) -> String { word + owner.text }

  /// Nil without a comment and for a comment of another origin.
  static func owner(_ comment: String?) -> Owner? {
    guard let comment, comment.hasPrefix(word) else { return nil }
    return Owner(comment.dropFirst(word.count))
  }
}

extension Owner {
  /// The owner as marks of programs before 0.5.0 name it: without the environment.
  var withoutEnvironment: Owner { Owner(controller: controller, environment: nil, resource: resource) }
}
