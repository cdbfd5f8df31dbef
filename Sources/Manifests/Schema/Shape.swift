package import Model

/// The description of a type for people and editors. JSON Schema and `explain` are generated from it.
package struct Shape: Sendable {
  package indirect enum Form: Sendable {
    /// Text, including quantities and references; `pattern` and `examples` describe it further.
    case text
    case flag
    case whole
    /// A plain decimal number, exact.
    case decimal
    case list(Shape)
    /// A map with arbitrary keys.
    case map(Shape)
    case object([FieldShape])
    case choice([CaseShape])
    case words([(word: String, meaning: String)])
  }

  package var form: Form
  /// The type's name for people: `whole number`, `duration such as 90s`.
  package var name: String
  package var doc: String
  /// An anchored regular expression that the text matches.
  package var pattern: String?
  package var examples: [String]
  /// The kinds that a reference may name; empty where every kind is allowed or where it is not a reference.
  package var kinds: [String] = []
  /// Further rules in words: `from 1 to 100`.
  package var rules: [String] = []
  /// Whether plain text is allowed instead of one of the cases of a choice.
  package var takesText = false
  package var minimum: Int64?
  package var maximum: Int64?

  package init(
    _ form: Form, name: String, doc: String = "", pattern: String? = nil, examples: [String] = []
  ) {
    self.form = form
    self.name = name
    self.doc = doc
    self.pattern = pattern
    self.examples = examples
  }
}

/// The description of one field of an object.
package struct FieldShape: Sendable {
  package let name: String
  package let doc: String
  package let isRequired: Bool
  /// The canonical default; nil where there is none.
  package let defaultValue: Value?
  /// Created on demand, because types may contain themselves.
  package let shape: @Sendable () -> Shape
}

/// The description of one case of a choice.
package struct CaseShape: Sendable {
  package let name: String
  package let doc: String
  /// Nil for a case written as a bare word.
  package let payload: (@Sendable () -> Shape)?
}
