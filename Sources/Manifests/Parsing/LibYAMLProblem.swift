internal import CLibYAML

/// libyaml's errors, explained to people who do not know parsers.
struct LibYAMLProblem {
  /// The mark of the problem, in libyaml's counting.
  let mark: yaml_mark_t
  /// The last line that was read, from 0.
  let lastLine: Int
  private let problem: String
  private let context: String
  private let contextLine: Int
  private let isAtEnd: Bool
  /// The character at the mark.
  private let character: UInt8?

  init(_ parser: yaml_parser_t, _ text: UnsafeBufferPointer<UInt8>) {
    problem = parser.problem.map { String(cString: $0) } ?? "unknown problem"
    context = parser.context.map { String(cString: $0) } ?? ""
    let problemMark = parser.problem_mark
    let contextMark = parser.context_mark
    lastLine = problemMark.line
    contextLine = contextMark.line
    let line = SourceText.line(problemMark.line + 1, of: text)
    character = SourceText.byte(atColumn: problemMark.column, of: line)
    isAtEnd = SourceText.isBlank(text, fromLine: problemMark.line, column: problemMark.column)
    let startsThere =
      context.contains("quoted scalar") || problem == "could not find expected ':'"
      || isAtEnd && problem.hasPrefix("did not find expected ','")
    var mark = startsThere ? contextMark : problemMark
    if isAtEnd, !startsThere {
      // A mark behind the last line moves to the end of the text.
      let last = SourceText.lastPlace(in: text)
      mark.line = last.line
      mark.column = last.column
    }
    self.mark = mark
  }

  private var isTab: Bool { character == UInt8(ascii: "\t") }

  /// - Parameter firstLine: The number of line 0 in the file.
  func message(firstLine: Int) -> String {
    if isTab && problem.contains("cannot start any token") || problem.contains("tab character") {
      return "tabs can't indent YAML: use spaces"
    }
    let start = "that starts at line \(contextLine + firstLine)"
    switch problem {
    case "found unexpected end of stream", "found unexpected document indicator":
      return context.contains("quoted scalar")
        ? "the quote that starts here is never closed" : "the text ends in the middle of a value"
    case "did not find expected ',' or '}'":
      return isAtEnd ? "the ‘{’ here is never closed" : "expected ‘,’ or ‘}’ in the map \(start)"
    case "did not find expected ',' or ']'":
      return isAtEnd ? "the ‘[’ here is never closed" : "expected ‘,’ or ‘]’ in the list \(start)"
    case "found character that cannot start any token":
      return "a value can't start with ‘\(shown)’"
    case "mapping values are not allowed in this context": return "a ‘:’ can't stand here"
    case "did not find expected key":
      return "expected a key here: this line does not fit the map \(start)"
    case "did not find expected '-' indicator":
      return "expected ‘-’ here: this line does not fit the list \(start)"
    case "could not find expected ':'": return "expected `key: value`, but there is no ‘:’"
    case "did not find expected <document start>":
      return "expected `---` before another document"
    case "block sequence entries are not allowed in this context": return "a list item can't stand here"
    case "did not find expected node content":
      return isAtEnd ? "the text ends in the middle of a value" : "a value is missing here"
    case "found unknown escape character": return "unknown escape in a quoted text"
    case "did not find expected alphabetic or numeric character":
      return context.contains("alias") ? "‘*’ starts an alias, but no name follows" : "‘&’ needs a name"
    default:
      if problem.contains("directive") { return "YAML directives are not supported" }
      return context.isEmpty ? problem : "\(problem) (\(context))"
    }
  }

  var hint: String? {
    if isTab && problem.contains("cannot start any token") || problem.contains("tab character") { return nil }
    switch problem {
    case "found unexpected end of stream", "found unexpected document indicator":
      return context.contains("quoted scalar") ? "close it, or remove it" : "was the file cut off?"
    case "did not find expected ',' or '}'": return isAtEnd ? "add ‘}’" : "is a ‘,’ or a closing ‘}’ missing?"
    case "did not find expected ',' or ']'": return isAtEnd ? "add ‘]’" : "is a ‘,’ or a closing ‘]’ missing?"
    case "found character that cannot start any token": return "put the text in quotes"
    case "mapping values are not allowed in this context":
      return "check the indentation, and put text that holds ‘: ’ in quotes"
    case "did not find expected key", "did not find expected '-' indicator":
      return "align it with the lines above"
    case "could not find expected ':'": return "write a value after ‘:’, or check the indentation"
    case "did not find expected <document start>":
      return "check the indentation of the lines above, or separate documents by `---`"
    case "block sequence entries are not allowed in this context": return "put the list on lines of its own"
    case "did not find expected node content": return isAtEnd ? "was the file cut off?" : nil
    case "found unknown escape character": return "use single quotes, where ‘\\’ is only itself"
    case "did not find expected alphabetic or numeric character": return "put the text in quotes"
    default: return problem.contains("directive") ? "remove the line that starts with `%`" : nil
    }
  }

  private var shown: String {
    guard let character, character > 0x20, character < 0x7F else { return "this character" }
    return String(UnicodeScalar(character))
  }
}
