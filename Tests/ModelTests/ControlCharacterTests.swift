import Model
import Testing

@Suite struct ControlCharacterTests {
  @Test(
    "Characters that end a line, control a terminal or change the direction of text are found",
    arguments: [
      ("a\nb", "U+000A"), ("\u{0}", "U+0000"), ("x\u{1B}[2J", "U+001B"), ("\u{7F}", "U+007F"),
      ("é\u{9B}2J", "U+009B"), ("a\u{2028}b", "U+2028"), ("a\u{202E}b", "U+202E"), ("\u{2066}", "U+2066"),
    ])
  func found(text: String, codePoint: String) {
    #expect(text.firstControlCharacter?.codePoint == codePoint)
  }

  @Test("Text of any language is without control characters", arguments: ["", "a b", "größer", "猫", "👩‍🚀"])
  func accepted(text: String) { #expect(text.firstControlCharacter == nil) }

  @Test("Invisible characters are shown as codes, and JSON keeps its value")
  func escaped() throws {
    let text = "a\u{1B}[2J\tb\u{9B}\n\u{202E}c\u{E0001}é"
    #expect(text.escapingInvisible() == #"a\u{1B}[2J\tb\u{9B}\n\u{202E}c\u{E0001}é"#)
    #expect("a\nb".escapingInvisible(except: ["\n"]) == "a\nb")
    let json = Value.object([Value.Member("k\u{9B}", .string(text))]).prettyJSON
    let harmless = json.escapingInvisible(except: ["\n"], as: \.jsonEscape)
    #expect(harmless.utf8.allSatisfy { $0 == 0x0A || $0 >= 0x20 } && !harmless.contains("\u{9B}"))
    #expect(try Value(json: harmless) == Value(json: json))
  }
}
