internal import CLibYAML
internal import Model

/// Converts libyaml's events into records of a tape, without an intermediate tree.
///
/// Verifies depth, aliases and their expansion, tags, directives, keys and their uniqueness. Every problem
/// has a location. After one that ends a document, composing continues with the next document.
struct YAMLComposer {
  /// Deeper nesting is a mistake or an attack.
  static let maximumDepth = 100
  /// The maximum number of records that aliases add to one document.
  static let maximumExpansion = 100_000

  private let text: UnsafeBufferPointer<UInt8>
  private let file: UInt32
  private let fileName: String
  /// Added to libyaml's lines, which count from 0 at the start of its input.
  private var firstLine: Int
  private(set) var content: TapeContent
  /// Indices of the roots of complete documents.
  private(set) var documents: [Int] = []
  private(set) var diagnostics: [Diagnostic] = []
  /// Whether a document was dropped, so that its resources are unknown.
  private(set) var isIncomplete = false

  private var stack: [Frame] = []
  private var anchors: [String: Range<Int>] = [:]
  private var expansion = 0

  private struct Frame {
    let index: Int
    let isMapping: Bool
    let anchor: String?
    /// The number of keys and values so far.
    var count = 0
  }

  /// - Parameters:
  ///   - text: Starts between documents. Verified by `SourceText`; must outlive the call of `compose`.
  ///   - firstLine: The line of the file at which `text` starts, counted from 1.
  init(_ text: UnsafeBufferPointer<UInt8>, file: Int, files: [String], firstLine: Int) {
    self.text = text
    self.file = UInt32(file)
    fileName = files[file]
    self.firstLine = firstLine
    content = TapeContent(files: files)
    content.bytes.reserveCapacity(text.count * 3 / 4)
    content.records.reserveCapacity(text.count / 9)
  }

  mutating func compose() {
    var rest = text
    while let failure = composeDocuments(in: rest) {
      isIncomplete = true
      if diagnostics.last != failure.diagnostic { diagnostics.append(failure.diagnostic) }
      guard let next = SourceText.nextDocument(in: rest, fromLine: failure.line) else { return }
      rest = UnsafeBufferPointer(rebasing: rest[next.offset...])
      firstLine += next.line
    }
  }

  private struct Failure: Error {
    let diagnostic: Diagnostic
    /// The line within `text`, from 0.
    let line: Int
  }

  /// Nil once the end of the stream is reached.
  private mutating func composeDocuments(in text: UnsafeBufferPointer<UInt8>) -> Failure? {
    var parser = yaml_parser_t()
    guard yaml_parser_initialize(&parser) == 1 else {
      return fail(at: yaml_mark_t(), "out of memory")
    }
    defer { yaml_parser_delete(&parser) }
    yaml_parser_set_input_string(&parser, text.baseAddress, text.count)
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
    var event = yaml_event_t()
    var start = content.records.count
    while true {
      guard yaml_parser_parse(&parser, &event) == 1 else {
        forget(from: start)
        let problem = LibYAMLProblem(parser, text)
        return Failure(
          diagnostic: Diagnostic(
            at: location(problem.mark), problem.message(firstLine: firstLine), hint: problem.hint),
          line: problem.lastLine)
      }
      defer { yaml_event_delete(&event) }
      switch event.type {
      case YAML_STREAM_END_EVENT: return nil
      case YAML_DOCUMENT_START_EVENT:
        start = content.records.count
        anchors.removeAll(keepingCapacity: true)
        expansion = 0
        let directives = event.data.document_start
        if directives.version_directive != nil
          || directives.tag_directives.start != directives.tag_directives.end
        {
          report(
            event.start_mark, "YAML directives are not supported",
            hint: "remove the line that starts with `%`")
        }
      case YAML_DOCUMENT_END_EVENT:
        if start < content.records.count, content.records[start].kind != .null { documents.append(start) }
        start = content.records.count
      default:
        if let failure = add(event) {
          forget(from: start)
          return failure
        }
      }
    }
  }

  private mutating func add(_ event: yaml_event_t) -> Failure? {
    switch event.type {
    case YAML_SCALAR_EVENT: return addScalar(event)
    case YAML_ALIAS_EVENT: return addAlias(event)
    case YAML_MAPPING_START_EVENT:
      return open(.mapping, event.data.mapping_start.anchor, event.data.mapping_start.tag, event.start_mark)
    case YAML_SEQUENCE_START_EVENT:
      return open(
        .sequence, event.data.sequence_start.anchor, event.data.sequence_start.tag, event.start_mark)
    case YAML_MAPPING_END_EVENT, YAML_SEQUENCE_END_EVENT:
      guard let frame = stack.popLast() else { return nil }
      content.close(frame.index)
      if frame.isMapping { checkKeys(of: frame.index) }
      finish(frame.index, anchor: frame.anchor)
      return nil
    default: return nil
    }
  }

  private var expectsKey: Bool {
    guard let frame = stack.last, frame.isMapping else { return false }
    return frame.count % 2 == 0
  }

  private mutating func addScalar(_ event: yaml_event_t) -> Failure? {
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
    place(&record, event.start_mark)
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

  private mutating func open(
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
    place(&record, mark)
    content.records.append(record)
    stack.append(Frame(index: index, isMapping: kind == .mapping, anchor: anchor.map { String(cString: $0) }))
    return nil
  }

  private mutating func finish(_ index: Int, anchor: String?) {
    if !stack.isEmpty { stack[stack.count - 1].count += 1 }
    if let anchor { anchors[anchor] = index..<Int(content.records[index].end) }
  }

  /// Copies the anchor's subtree; the copies keep their locations.
  private mutating func addAlias(_ event: yaml_event_t) -> Failure? {
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
  private mutating func checkKeys(of index: Int) {
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

  private mutating func forget(from start: Int) {
    content.records.removeSubrange(start...)
    stack.removeAll()
  }

  private func place(_ record: inout Tape.Record, _ mark: yaml_mark_t) {
    record.file = file
    record.line = UInt32(mark.line + firstLine)
    record.column = UInt32(mark.column + 1)
  }

  private func location(_ mark: yaml_mark_t) -> SourceLocation {
    SourceLocation(file: fileName, line: mark.line + firstLine, column: mark.column + 1)
  }

  private mutating func report(_ mark: yaml_mark_t, _ message: String, hint: String) {
    diagnostics.append(Diagnostic(at: location(mark), message, hint: hint))
  }

  private func fail(at mark: yaml_mark_t, _ message: String, hint: String? = nil) -> Failure {
    Failure(diagnostic: Diagnostic(at: location(mark), message, hint: hint), line: mark.line)
  }
}
