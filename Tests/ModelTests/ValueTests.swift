import Model
import Testing

/// JSON and comparison of `Value`.
@Suite struct ValueTests {
  @Test(
    "Documents of RFC 8259 become canonical JSON",
    arguments: [
      (" [ ] ", "[]"), ("{}", "{}"), ("null", "null"), ("[true,false]", "[true,false]"), ("-0", "0"),
      ("1.50", "1.5"), ("1.0", "1"), ("12e3", "12000"), ("1.25e-3", "0.00125"), ("-1E+2", "-100"),
      ("9223372036854775807", "9223372036854775807"), ("9223372036854775808", "9223372036854775808"),
      (#"{"b":1,"a":[2]}"#, #"{"a":[2],"b":1}"#), (#"{"a":{"b":1},"b":2}"#, #"{"a":{"b":1},"b":2}"#),
      (#""\u00e4\ud83d\ude00\/\n""#, #""ä😀/\n""#), ("\"\u{7f}\"", #""\u007f""#),
    ])
  func documentsBecomeCanonical(_ text: String, _ canonical: String) throws {
    let value = try Value(json: text)
    #expect(value.json == canonical)
    #expect(try Value(json: value.json) == value && Value(json: value.prettyJSON) == value)
  }

  @Test(
    "Other documents are rejected at the byte where they break",
    arguments: [
      ("", 0), ("[1,]", 3), ("{\"a\" 1}", 5), ("{a:1}", 1), ("01", 2), ("1.", 2), ("+1", 0), ("nul", 0),
      ("[1", 2), ("\"a", 2), ("\"\u{1}\"", 1), (#""\x""#, 3), (#""\ud800""#, 7), ("1 2", 2), ("1e9999", 6),
      (#"{"a":1,"a":2}"#, 13), (#"[{"b":1,"a":2,"b":1}]"#, 20), (#"{"a":1,"\u0061":2}"#, 18),
    ])
  func otherDocumentsAreRejected(_ text: String, _ offset: Int) {
    let error = #expect(throws: Value.JSONError.self) { try Value(json: text) }
    #expect(error?.offset == offset, "\(error.map { "\($0)" } ?? "")")
  }

  @Test("Depth and digits are limited") func depthAndDigitsAreLimited() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(throws: Value.JSONError.self) { try Value(json: nested(513)) }
    #expect(try Value(json: nested(512)).json == nested(512))
    #expect(throws: Value.JSONError.self) { try Value(json: Array(nested(4).utf8), depth: 3) }
    #expect(throws: Value.JSONError.self) { try Value(json: String(repeating: "9", count: 2001)) }
    #expect(throws: Value.JSONError.self) { try Value(json: [0x22, 0xff, 0x22]) }
  }

  @Test("Pretty JSON is indented by two spaces and ends in a line feed") func prettyJSONIsIndented() {
    let value = Value.members(["b": .array([.integer(1), .array([])]), "a": .object([]), "c": nil])
    #expect(value.prettyJSON == "{\n  \"a\": {},\n  \"b\": [\n    1,\n    []\n  ]\n}\n")
  }

  @Test("Members are read with their type") func membersAreReadWithTheirType() throws {
    let value = try Value(
      json: #"{"t":"x","n":3,"f":true,"l":[1],"at":"1970-01-01T00:00:01Z","id":"Node/a","c":"0.5"}"#)
    #expect(value.text(at: "t") == "x" && value.text(at: "n") == nil && value.text(at: "missing") == nil)
    #expect(value.integer(at: "n") == 3 && value.flag(at: "f") == true && value.flag(at: "t") == nil)
    #expect(value.list(at: "l") == [.integer(1)] && value.time(at: "at") == Timestamp(seconds: 1))
    #expect(value.id(at: "id") == ResourceID(kind: "Node", name: "a") && value.id(at: "t") == nil)
    #expect(value.credits(at: "c") == Credits(micro: 500_000))
    #expect(Value.object([:]).word(at: "mode", of: ReconcileMode.self) == nil)
    #expect(value.adding("t", .string("y")).text(at: "t") == "y")
    #expect(value.adding("t", nil) == value)
    #expect(Value.string("a b").plainText == "a b" && Value.integer(1).plainText == "1")
  }

  @Test("The changed leaves between two values are listed") func changedLeavesAreListed() throws {
    let old = try Value(json: #"{"a":1,"b":{"c":[1,2],"d":true},"e":"x"}"#)
    let new = try Value(json: #"{"a":1,"b":{"c":[1,3,4]},"f":null}"#)
    #expect(
      FieldChange.between(old, new) == [
        FieldChange("b.c[1]", from: .integer(2), to: .integer(3)),
        FieldChange("b.c[2]", from: nil, to: .integer(4)),
        FieldChange("b.d", from: .bool(true), to: nil), FieldChange("e", from: .string("x"), to: nil),
        FieldChange("f", from: nil, to: .null),
      ])
    #expect(FieldChange.between(old, old).isEmpty && FieldChange.between(nil, nil).isEmpty)
  }
}
