/// What must hold for a field's value beyond its type.
///
///     Field("replicas", \.replicas, "How many copies run", .range(0...100))
///     Field("database", \.database, "Where the prices live", .required, .refersTo("Database"))
package struct FieldRule<Value: Sendable>: Sendable {
  let isRequired: Bool
  /// Whether texts in the field may contain line breaks and other control characters.
  let isFreeText: Bool
  /// Nil for a valid value, otherwise the problem, continuing ‘‘field’ …’, and a hint.
  let problem: (@Sendable (Value) -> RuleProblem?)?
  /// Adds the rule to the shape that editors get.
  let refine: @Sendable (Shape) -> Shape

  private init(
    isRequired: Bool = false, isFreeText: Bool = false, problem: (@Sendable (Value) -> RuleProblem?)?,
    refine: @escaping @Sendable (Shape) -> Shape
  ) {
    self.isRequired = isRequired
    self.isFreeText = isFreeText
    self.problem = problem
    self.refine = refine
  }

  /// The field must be written.
  package static var required: FieldRule {
    FieldRule(isRequired: true, problem: nil, refine: { $0 })
  }

  /// Texts in the field may contain line breaks and other control characters. Without this rule they are
  /// refused, because texts become parts of configuration files and commands. For texts that are passed on as
  /// a whole, such as arguments of a program.
  package static var freeText: FieldRule {
    FieldRule(isFreeText: true, problem: nil, refine: { $0 })
  }

  /// Any other rule.
  /// - Parameter text: The rule in words: `an even number`.
  package static func rule(
    _ text: String, refine: @escaping @Sendable (Shape) -> Shape = { $0 },
    _ problem: @escaping @Sendable (Value) -> RuleProblem?
  ) -> FieldRule {
    FieldRule(problem: problem) { shape in
      var shape = refine(shape)
      shape.rules.append(text)
      return shape
    }
  }

  /// Examples of values, for `explain` and for editors.
  package static func example(_ examples: String...) -> FieldRule {
    FieldRule(problem: nil) { shape in
      var shape = shape
      shape.examples = examples
      return shape
    }
  }

  /// Applies a rule of `Wrapped` when there is a value.
  package static func present<Wrapped: Sendable>(
    _ rule: FieldRule<Wrapped>
  ) -> FieldRule where Value == Wrapped? {
    guard let problem = rule.problem else {
      return FieldRule(isRequired: rule.isRequired, problem: nil, refine: rule.refine)
    }
    let check: @Sendable (Wrapped?) -> RuleProblem? = { value in
      guard let value else { return nil }
      return problem(value)
    }
    return FieldRule(isRequired: rule.isRequired, problem: check, refine: rule.refine)
  }

  /// The problem of the first element that breaks the rule, located inside its container.
  private func firstProblem(among elements: some Sequence<(RuleProblem.Step, Value)>) -> RuleProblem? {
    guard let problem else { return nil }
    for (step, element) in elements {
      if let found = problem(element) { return found.inside(step) }
    }
    return nil
  }

  /// Applies a rule to each item of a list.
  package static func each<Element: Sendable>(
    _ rule: FieldRule<Element>
  ) -> FieldRule where Value == [Element] {
    let check: @Sendable ([Element]) -> RuleProblem? = { list in
      rule.firstProblem(among: list.lazy.enumerated().map { (.item($0.offset), $0.element) })
    }
    return FieldRule(problem: check) { shape in
      guard case .list(let element) = shape.form else { return shape }
      var shape = shape
      shape.form = .list(rule.refine(element))
      return shape
    }
  }

  /// Applies a rule to each value of a map.
  package static func eachValue<Element: Sendable>(
    _ rule: FieldRule<Element>
  ) -> FieldRule where Value == [String: Element] {
    let check: @Sendable ([String: Element]) -> RuleProblem? = { map in
      rule.firstProblem(among: map.sorted { $0.key < $1.key }.lazy.map { (.key($0.key), $0.value) })
    }
    return FieldRule(problem: check) { shape in
      guard case .map(let element) = shape.form else { return shape }
      var shape = shape
      shape.form = .map(rule.refine(element))
      return shape
    }
  }
}

extension FieldRule where Value: Comparable & CustomStringConvertible & Sendable {
  package static func range(_ range: ClosedRange<Value>) -> FieldRule {
    rule(
      "from \(range.lowerBound) to \(range.upperBound)", refine: bounds(range.lowerBound, range.upperBound)
    ) {
      range.contains($0)
        ? nil : RuleProblem("must be from \(range.lowerBound) to \(range.upperBound), found \($0)")
    }
  }

  package static func min(_ minimum: Value) -> FieldRule {
    rule("at least \(minimum)", refine: bounds(minimum, nil)) {
      $0 >= minimum ? nil : RuleProblem("must be at least \(minimum), found \($0)")
    }
  }

  package static func above(_ limit: Value) -> FieldRule {
    rule("more than \(limit)") { $0 > limit ? nil : RuleProblem("must be more than \(limit), found \($0)") }
  }

  private static func bounds(_ minimum: Value?, _ maximum: Value?) -> @Sendable (Shape) -> Shape {
    { shape in
      var shape = shape
      shape.minimum = (minimum as? any BinaryInteger).flatMap { Int64(exactly: $0) }
      shape.maximum = (maximum as? any BinaryInteger).flatMap { Int64(exactly: $0) }
      return shape
    }
  }
}

extension FieldRule {
  package static func range<W: Comparable & CustomStringConvertible & Sendable>(
    _ range: ClosedRange<W>
  ) -> FieldRule where Value == W? { present(.range(range)) }

  package static func min<W: Comparable & CustomStringConvertible & Sendable>(
    _ minimum: W
  ) -> FieldRule where Value == W? { present(.min(minimum)) }

  package static func above<W: Comparable & CustomStringConvertible & Sendable>(
    _ limit: W
  ) -> FieldRule where Value == W? { present(.above(limit)) }
}

extension FieldRule where Value: Collection & Sendable {
  package static var nonEmpty: FieldRule {
    rule("not empty") { $0.isEmpty ? RuleProblem("must not be empty") : nil }
  }

  /// The number of items of a list or map, or of characters of a text.
  package static func count(_ range: ClosedRange<Int>) -> FieldRule {
    rule("\(range.lowerBound) to \(range.upperBound) long") {
      range.contains($0.count)
        ? nil : RuleProblem("must have \(range.lowerBound) to \(range.upperBound) items, found \($0.count)")
    }
  }
}

extension FieldRule {
  /// A list without duplicates.
  package static func unique<Element: Hashable & Sendable>() -> FieldRule where Value == [Element] {
    rule("no repetition") { list in
      var seen: Set<Element> = []
      return list.first { !seen.insert($0).inserted }.map { RuleProblem("repeats ‘\($0)’") }
    }
  }
}

/// The problem of a value.
package struct RuleProblem: Sendable {
  /// The path from a list or map to the faulty item.
  enum Step: Sendable {
    case item(Int)
    case key(String)
  }

  private let message: String
  private let hint: String?
  private var steps: [Step] = []

  /// - Parameter message: Continues a sentence that starts with the field's name: `must be at most 100`.
  package init(_ message: String, hint: String? = nil) {
    self.message = message
    self.hint = hint
  }

  func inside(_ step: Step) -> RuleProblem {
    var problem = self
    problem.steps.insert(step, at: 0)
    return problem
  }

  /// Reports the problem at the node of the faulty value.
  func report(_ node: Node, _ decoder: inout ManifestDecoder) {
    var faulty = node
    for step in steps {
      let next: Node? =
        switch step {
        case .item(let index): faulty.elements.dropFirst(index).first { _ in true }
        case .key(let key): faulty[key]
        }
      guard let next else { break }
      faulty = next
    }
    decoder.error(faulty, "\(faulty.label) \(message)", hint: hint)
  }
}
