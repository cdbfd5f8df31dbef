package import Model

/// What people and editors are told about a type. JSON Schema and `explain` are made from it.
package struct Shape: Sendable {
  package indirect enum Form: Sendable {
    /// Text, also quantities and references; `pattern` and `examples` say more.
    case text
    case flag
    case whole
    /// A plain decimal number, exact.
    case decimal
    case list(Shape)
    /// A map with keys of the writer's choice.
    case map(Shape)
    case object([FieldShape])
    case choice([CaseShape])
    case words([(word: String, meaning: String)])
  }

  package var form: Form
  /// What people call the type: `whole number`, `duration such as 90s`.
  package var name: String
  package var doc: String
  /// An anchored regular expression that the text matches.
  package var pattern: String?
  package var examples: [String]
  /// Kinds that a reference may lead to; empty where any kind may stand or where it is no reference.
  package var kinds: [String] = []
  /// What else must hold, in words: `from 1 to 100`.
  package var rules: [String] = []
  /// Whether plain text may stand instead of one of the cases of a choice.
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

/// One field of an object, as people and editors are told about it.
package struct FieldShape: Sendable {
  package let name: String
  package let doc: String
  package let isRequired: Bool
  /// The canonical value that stands in when the field is left out; nil where there is none.
  package let defaultValue: Value?
  /// Made on demand, because types may contain themselves.
  package let shape: @Sendable () -> Shape
}

/// One case of a choice.
package struct CaseShape: Sendable {
  package let name: String
  package let doc: String
  /// Nil for a case that is written as a bare word.
  package let payload: (@Sendable () -> Shape)?
}
