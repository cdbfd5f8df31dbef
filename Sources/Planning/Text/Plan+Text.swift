package import Model

extension Plan {
  /// The plan for people, ending in a line feed.
  /// - Parameters:
  ///   - width: Columns of the terminal; nil for no limit.
  ///   - isVerbose: Whether to list unchanged resources and blocked steps too.
  package func text(style: TextStyle = .plain, width: Int? = nil, isVerbose: Bool = false) -> String {
    var text = PlanText(style: style, width: width.map { max(40, $0) }, isVerbose: isVerbose)
    return text.render(self)
  }
}
