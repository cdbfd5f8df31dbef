internal import CLibYAML
internal import Model

// Scalars, maps, lists and aliases: what each event adds to the tape, and the rules that it must keep.
extension YAMLComposer {
  mutating func addScalar(_ event: yaml_event_t) -> Failure? {
    let scalar = event.data.scalar
    let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
    var record = Tape.Record(kind: .quoted)
    if let tag = scalar.tag {
      guard let kind = kind(ofTag: String(cString: tag), bytes) else {
        return fail(at: event.start_mark, "unknown tag ‘\(String(cString: tag))’", hint: "remove the tag")
      }
      record.kind = kind
    } else if scalar.style == YAML_PLAIN_SCALAR_STYLE {
      record.kind = CoreSchema.isNull(bytes) ? .null : .plain
    }
    if expectsKey {
      if let failure = checkKey(&record, bytes, event.start_mark) { return failure }
    } else {
      record.hasDollar = bytes.contains(UInt8(ascii: "$"))
    }
    record.start = UInt32(content.bytes.count)
    record.length = UInt32(bytes.count)
    content.bytes.append(contentsOf: bytes)
    locate(&record, event.start_mark)
    let index = content.records.count
    record.end = UInt32(index + 1)
    content.records.append(record)
    finish(index, anchor: scalar.anchor.map { String(cString: $0) })
    return nil
  }

  private mutating func checkKey(
    _ record: inout Tape.Record, _ bytes: UnsafeBufferPointer<UInt8>, _ mark: yaml_mark_t
  ) -> Failure? {
    if record.kind == .null {
      guard !bytes.isEmpty else { return fail(at: mark, "a key is missing before ‘:’") }
      record.kind = .plain
    }
    if record.kind == .plain, bytes.elementsEqual("<<".utf8) {
      report(
        mark, "merge keys (`<<`) are not supported: they hide where a value comes from",
        hint: "write the fields out, alias whole values, or use an overlay folder")
    }
    return nil
  }

  private func kind(ofTag tag: String, _ bytes: UnsafeBufferPointer<UInt8>) -> Tape.Kind? {
    switch tag {
    case "!", "tag:yaml.org,2002:str": .quoted
    case "tag:yaml.org,2002:null": CoreSchema.isNull(bytes) ? .null : nil
    case "tag:yaml.org,2002:bool", "tag:yaml.org,2002:int", "tag:yaml.org,2002:float": .plain
    default: nil
    }
  }

  mutating func open(
    _ kind: Tape.Kind, _ anchor: UnsafeMutablePointer<UInt8>?, _ tag: UnsafeMutablePointer<UInt8>?,
    _ mark: yaml_mark_t
  ) -> Failure? {
    if let tag {
      let name = String(cString: tag)
      let core = kind == .mapping ? "tag:yaml.org,2002:map" : "tag:yaml.org,2002:seq"
      guard name == core || name == "!" else {
        return fail(at: mark, "unknown tag ‘\(name)’", hint: "remove the tag")
      }
    }
    guard !expectsKey else {
      return fail(
        at: mark, "a key must be a word, found a \(kind == .mapping ? "map" : "list")",
        hint: "put text that starts with ‘{’ or ‘[’ in quotes")
    }
    guard stack.count < YAMLComposer.maximumDepth else {
      return fail(at: mark, "nested deeper than \(YAMLComposer.maximumDepth) levels")
    }
    let index = content.records.count
    var record = Tape.Record(kind: kind)
    locate(&record, mark)
    content.records.append(record)
    stack.append(Frame(index: index, isMapping: kind == .mapping, anchor: anchor.map { String(cString: $0) }))
    return nil
  }

  /// Copies the anchor's subtree; the copies keep their locations.
  mutating func addAlias(_ event: yaml_event_t) -> Failure? {
    let name = String(cString: event.data.alias.anchor)
    guard let range = anchors[name] else {
      if stack.contains(where: { $0.anchor == name }) {
        return fail(at: event.start_mark, "the alias ‘*\(name)’ stands inside what it stands for")
      }
      return fail(
        at: event.start_mark, "the alias ‘*\(name)’ has no anchor",
        hint: Suggestion.nearest(to: name, among: anchors.keys).map { "did you mean `*\($0)`?" }
          ?? "write `&\(name)` before the value that it stands for, or put text in quotes")
    }
    expansion += range.count
    guard expansion <= YAMLComposer.maximumExpansion else {
      return fail(
        at: event.start_mark, "aliases expand to more than \(YAMLComposer.maximumExpansion) values",
        hint: "write smaller documents")
    }
    guard !expectsKey || range.count == 1 && content.records[range.lowerBound].kind != .null else {
      return fail(at: event.start_mark, "a key must be a word, found the alias ‘*\(name)’")
    }
    guard stack.count + height(of: range) <= YAMLComposer.maximumDepth else {
      return fail(at: event.start_mark, "nested deeper than \(YAMLComposer.maximumDepth) levels")
    }
    let start = content.records.count
    content.copy(range)
    finish(start, anchor: nil)
    return nil
  }

  private func height(of range: Range<Int>) -> Int {
    var ends: [UInt32] = []
    var height = 0
    for index in range {
      while let end = ends.last, end <= UInt32(index) { ends.removeLast() }
      guard content.records[index].kind == .mapping || content.records[index].kind == .sequence else {
        continue
      }
      ends.append(content.records[index].end)
      height = max(height, ends.count)
    }
    return height
  }

  /// Reports duplicate keys of a map.
  mutating func checkKeys(of index: Int) {
    guard let pair = content.firstRepeatedKey(of: index) else { return }
    let key = content.text(of: pair.second)
    let first = content.records[pair.first]
    let second = content.records[pair.second]
    diagnostics.append(
      Diagnostic(
        at: SourceLocation(file: fileName, line: Int(second.line), column: Int(second.column)),
        "the key ‘\(Node.shortened(key))’ stands twice in this map, first at line \(first.line)",
        hint: "remove one of them"))
  }
}
