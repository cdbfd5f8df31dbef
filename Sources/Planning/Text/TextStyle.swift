/// Whether text for a terminal is painted. The caller decides (`NO_COLOR`, no terminal).
package struct TextStyle: Hashable, Sendable {
  package enum Attribute: String, Sendable, CaseIterable {
    case bold = "1"
    case dim = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
    case blue = "34"
    case magenta = "35"
    case cyan = "36"
  }

  package let isColoured: Bool
  /// The beginning of a colour sequence.
  private let opening: String

  /// - Parameter opening: a secret text in place of `ESC [`. The caller replaces it when it writes, and can
  ///   then distinguish its own colours from those in untrusted text.
  package init(isColoured: Bool, opening: String = TextStyle.escape) {
    self.isColoured = isColoured
    self.opening = opening
  }

  /// `ESC [`, the beginning of a colour sequence of a terminal.
  package static let escape = "\u{1B}["

  package static let plain = TextStyle(isColoured: false)
  package static let coloured = TextStyle(isColoured: true)

  /// `text` with these attributes; unchanged without colours, attributes or text.
  package func paint(_ text: String, _ attributes: Attribute...) -> String { paint(text, attributes) }

  package func paint(_ text: String, _ attributes: [Attribute]) -> String {
    guard isColoured, !text.isEmpty, !attributes.isEmpty else { return text }
    return "\(opening)\(attributes.map(\.rawValue).joined(separator: ";"))m\(text)\(opening)0m"
  }

  /// `text` on one line, with spaces in place of control characters, so that it cannot control a terminal.
  package static func harmless(_ text: String) -> String {
    let isHarmful: (Unicode.Scalar) -> Bool = {
      $0.properties.generalCategory == .control || $0.properties.generalCategory == .format
    }
    guard text.unicodeScalars.contains(where: isHarmful) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { result.append(isHarmful(scalar) ? " " : scalar) }
    return String(result)
  }

  /// `text` in at most `width` characters, with `…` at the end when it was cut.
  package static func shortened(_ text: String, to width: Int) -> String {
    text.count <= width ? text : text.prefix(max(0, width - 1)) + "…"
  }

  /// `text` in lines of at most `width` characters, broken at spaces. A longer word has a line of its own.
  package static func wrapped(_ text: String, to width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = ""
      }
      line += line.isEmpty ? String(word) : " \(word)"
    }
    if !line.isEmpty { lines.append(line) }
    return lines
  }
}

extension String {
  /// The text padded with spaces to `width` characters.
  package func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
