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
  let fileName: String
  /// Added to libyaml's lines, which count from 0 at the start of its input.
  private var firstLine: Int
  var content: TapeContent
  /// Indices of the roots of complete documents.
  private(set) var documents: [Int] = []
  var diagnostics: [Diagnostic] = []
  /// Whether a document was dropped, so that its resources are unknown.
  private(set) var isIncomplete = false

  var stack: [Frame] = []
  var anchors: [String: Range<Int>] = [:]
  var expansion = 0

  struct Frame {
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

  struct Failure: Error {
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

  var expectsKey: Bool {
    guard let frame = stack.last, frame.isMapping else { return false }
    return frame.count % 2 == 0
  }

  mutating func finish(_ index: Int, anchor: String?) {
    if !stack.isEmpty { stack[stack.count - 1].count += 1 }
    if let anchor { anchors[anchor] = index..<Int(content.records[index].end) }
  }

  private mutating func forget(from start: Int) {
    content.records.removeSubrange(start...)
    stack.removeAll()
  }

  /// Sets the location of a record.
  func locate(_ record: inout Tape.Record, _ mark: yaml_mark_t) {
    record.file = file
    record.line = UInt32(mark.line + firstLine)
    record.column = UInt32(mark.column + 1)
  }

  private func location(_ mark: yaml_mark_t) -> SourceLocation {
    SourceLocation(file: fileName, line: mark.line + firstLine, column: mark.column + 1)
  }

  mutating func report(_ mark: yaml_mark_t, _ message: String, hint: String) {
    diagnostics.append(Diagnostic(at: location(mark), message, hint: hint))
  }

  func fail(at mark: yaml_mark_t, _ message: String, hint: String? = nil) -> Failure {
    Failure(diagnostic: Diagnostic(at: location(mark), message, hint: hint), line: mark.line)
  }
}
