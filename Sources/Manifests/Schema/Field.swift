package import Model

/// One field of an object: its name in the manifest, its property and its rules.
///
/// The property's initial value is the default. An `Optional` property without a value is omitted from the
/// canonical form.
package final class Field<Root: ManifestObject>: Sendable {
  let name: String
  let nameBytes: [UInt8]
  let doc: String
  let isRequired: Bool
  let shape: @Sendable () -> Shape
  /// False after all problems were reported.
  let decode: @Sendable (Node, inout ManifestDecoder, inout Root) -> Bool
  let encode: @Sendable (Root) -> Value?
  /// The reference in the default: it counts as written where the field is omitted.
  let defaultMention: KindReference?

  package init<V: ManifestValue>(
    _ name: String, _ property: any WritableKeyPath<Root, V> & Sendable, _ doc: String,
    _ rules: FieldRule<V>...
  ) {
    self.name = name
    nameBytes = Array(name.utf8)
    self.doc = doc
    isRequired = rules.contains { $0.isRequired }
    shape = { rules.reduce(V.shape) { $1.refine($0) } }
    let checks = rules.compactMap(\.problem)
    let location = FieldLocation(property)
    let isFreeText = rules.contains { $0.isFreeText }
    decode = { node, decoder, root in
      let decoded =
        isFreeText ? decoder.withFreeText { V.decode(node, &$0) } : V.decode(node, &decoder)
      guard let value = decoded else { return false }
      for check in checks where decoder.appliesRules {
        guard let problem = check(value) else { continue }
        problem.report(node, &decoder)
        return false
      }
      location.set(value, in: &root)
      return true
    }
    encode = { location.get(from: $0).manifestValue }
    defaultMention = isRequired ? nil : location.get(from: Root()) as? KindReference
  }
}

/// Reads and writes a property: directly at its offset where it is stored in the struct, which is several
/// times faster than through the key path.
private struct FieldLocation<Root, V>: Sendable {
  private let property: any WritableKeyPath<Root, V> & Sendable
  private let offset: Int?

  init(_ property: any WritableKeyPath<Root, V> & Sendable) {
    self.property = property
    offset = MemoryLayout<Root>.offset(of: property)
  }

  func get(from root: Root) -> V {
    guard let offset else { return root[keyPath: property] }
    return withUnsafeBytes(of: root) { bytes in
      // `offset(of:)` guarantees that a `V` is stored there.
      bytes.baseAddress!.advanced(by: offset).assumingMemoryBound(to: V.self).pointee
    }
  }

  func set(_ value: V, in root: inout Root) {
    guard let offset else {
      root[keyPath: property] = value
      return
    }
    withUnsafeMutableBytes(of: &root) { bytes in
      bytes.baseAddress!.advanced(by: offset).assumingMemoryBound(to: V.self).pointee = value
    }
  }
}

/// The fields of an object, with its documentation.
package final class Fields<Root: ManifestObject>: Sendable {
  let doc: String
  let list: [Field<Root>]
  /// Indices into `list` by name: the order of canonical values.
  let sorted: [Int]
  let required: [Int]
  /// The fields whose default mentions another resource.
  let mentioning: [Int]

  package init(_ doc: String, @ListBuilder<Field<Root>> _ fields: () -> [Field<Root>]) {
    self.doc = doc
    let list = fields()
    self.list = list
    sorted = list.indices.sorted { list[$0].name < list[$1].name }
    required = list.indices.filter { list[$0].isRequired }
    mentioning = list.indices.filter { list[$0].defaultMention != nil }
  }

  /// The index of the field of this name; fields are usually written in order, so the search starts at
  /// `hint`.
  func index(of key: Node, startingAt hint: Int) -> Int? {
    key.withUTF8 { bytes in
      for offset in 0..<list.count {
        let index = hint + offset < list.count ? hint + offset : hint + offset - list.count
        let name = list[index].nameBytes
        if name.count == bytes.count, bytes.elementsEqual(name) { return index }
      }
      return nil
    }
  }

  /// Names and documentation, in the order of writing.
  package var described: [(name: String, doc: String)] { list.map { ($0.name, $0.doc) } }

  func encode(_ root: Root) -> Value {
    var members: [Value.Member] = []
    members.reserveCapacity(sorted.count)
    for index in sorted {
      if let value = list[index].encode(root) { members.append(Value.Member(list[index].name, value)) }
    }
    return .object(members)
  }

  var shape: Shape {
    let defaults = Root()
    let fields = list.map { field in
      FieldShape(
        name: field.name, doc: field.doc, isRequired: field.isRequired,
        defaultValue: field.isRequired ? nil : field.encode(defaults), shape: field.shape)
    }
    return Shape(.object(fields), name: "map", doc: doc)
  }
}

extension ManifestObject {
  package static var shape: Shape { fields.shape }
  package var manifestValue: Value? { Self.fields.encode(self) }

  /// Unknown keys are errors. A missing value counts as a map without keys.
  package static func decode(_ node: Node, _ decoder: inout ManifestDecoder) -> Self? {
    guard node.kind == .map || node.kind == .null else {
      decoder.mismatch(node, expected: "a map with fields", hint: mapHint)
      return nil
    }
    let fields = Self.fields
    var root = Self()
    var seen = SmallBitSet(count: fields.list.count)
    var isFine = true
    var next = 0
    for (key, value) in node.members {
      guard let index = fields.index(of: key, startingAt: next) else {
        isFine = false
        unknown(key, in: node, &decoder)
        continue
      }
      next = index + 1
      seen.insert(index)
      if !fields.list[index].decode(value, &decoder, &root) { isFine = false }
    }
    for index in fields.required where !seen.contains(index) {
      isFine = false
      let field = fields.list[index]
      decoder.error(
        node, "\(node.label) needs the field ‘\(field.name)’",
        hint: "`\(field.name)`: \(field.doc)\(example(of: field))")
    }
    guard isFine else { return nil }
    for index in fields.mentioning where !seen.contains(index) {
      guard let reference = fields.list[index].defaultMention else { continue }
      decoder.mention(reference.id, at: node, field: fields.list[index].name)
    }
    guard decoder.appliesRules else { return root }
    var report = FieldReport()
    root.validate(&report)
    report.emit(at: node, &decoder)
    return report.hasErrors ? nil : root
  }

  private static func unknown(_ key: Node, in node: Node, _ decoder: inout ManifestDecoder) {
    let text = key.text
    decoder.error(
      key, "\(node.label) has no field ‘\(Node.shortened(text))’",
      hint: Suggestion.hint(for: text, among: fields.list.map(\.name), noun: "fields"))
  }

  private static func example(of field: Field<Self>) -> String {
    field.shape().examples.first.map { ", for example `\(field.name): \($0)`" } ?? ""
  }

  private static var mapHint: String? {
    fields.list.first.map { "for example `{\($0.name): …}`" }
  }
}

/// A set of small numbers without allocation up to 64.
private struct SmallBitSet {
  private var word: UInt64 = 0
  private var more: [Bool] = []

  init(count: Int) {
    if count > 64 { more = Array(repeating: false, count: count - 64) }
  }

  mutating func insert(_ index: Int) {
    if index < 64 { word |= 1 << UInt64(index) } else { more[index - 64] = true }
  }

  func contains(_ index: Int) -> Bool {
    index < 64 ? word & (1 << UInt64(index)) != 0 : more[index - 64]
  }
}
