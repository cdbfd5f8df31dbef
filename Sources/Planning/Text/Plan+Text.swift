package import Model

extension Plan {
  /// The plan for people, ending in a line feed.
  /// - `width`: columns of the terminal; nil for no limit.
  /// - `isVerbose`: also lists what needs nothing, and the steps that are held back.
  package func text(style: TextStyle = .plain, width: Int? = nil, isVerbose: Bool = false) -> String {
    var text = PlanText(style: style, width: width.map { max(40, $0) }, isVerbose: isVerbose)
    return text.render(self)
  }
}
