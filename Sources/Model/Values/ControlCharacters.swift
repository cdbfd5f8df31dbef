extension Unicode.Scalar {
  /// Whether the scalar can end a line, control a terminal or change the direction of text: C0 and C1
  /// controls, DEL, line and paragraph separators, and bidirectional controls.
  package var isControlCharacter: Bool {
    switch value {
    case 0x00...0x1F, 0x7F...0x9F, 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }

  /// `U+000A`.
  package var codePoint: String {
    let digits = String(value, radix: 16, uppercase: true)
    return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  /// Whether the scalar is invisible or acts on a terminal, so that output must show its code instead.
  fileprivate var needsEscape: Bool {
    if value >= 0x20, value < 0x7F { return false }
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: return true
    default: return false
    }
  }
}

extension StringProtocol {
  /// The first control character; nil for text that is safe in one line of a file and of a command.
  package var firstControlCharacter: Unicode.Scalar? {
    if utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return nil }
    return unicodeScalars.first { $0.isControlCharacter }
  }

  /// The text with the code of each invisible character instead of it. Plain ASCII is returned unchanged.
  /// - Parameters:
  ///   - kept: characters that stay as they are, such as line breaks.
  ///   - code: the code of a character.
  package func escapingInvisible(
    except kept: Set<Unicode.Scalar> = [], as code: (Unicode.Scalar) -> String = \.visibleEscape
  ) -> String {
    if utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F || $0 == 0x0A && kept.contains("\n") }) {
      return String(self)
    }
    var result = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      if scalar.needsEscape, !kept.contains(scalar) {
        result.append(contentsOf: code(scalar).unicodeScalars)
      } else {
        result.append(scalar)
      }
    }
    return String(result)
  }
}

extension Unicode.Scalar {
  /// `\n`, `\t` or `\u{1B}`, for people.
  package var visibleEscape: String {
    switch self {
    case "\n": "\\n"
    case "\r": "\\r"
    case "\t": "\\t"
    default: "\\u{\(String(value, radix: 16, uppercase: true))}"
    }
  }

  /// The escape of a character inside a JSON string. A document with such escapes has the same value.
  package var jsonEscape: String {
    UTF16.encode(self).map { units in
      units.map { unit in
        let digits = String(unit, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }.joined()
    } ?? ""
  }
}
