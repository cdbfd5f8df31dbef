import Planning

extension TextStyle {
  func bold(_ text: String) -> String { paint(text, .bold) }
  func dim(_ text: String) -> String { paint(text, .dim) }
  func red(_ text: String) -> String { paint(text, .red) }
  func green(_ text: String) -> String { paint(text, .green) }
  func yellow(_ text: String) -> String { paint(text, .yellow) }
  func cyan(_ text: String) -> String { paint(text, .cyan) }
}
