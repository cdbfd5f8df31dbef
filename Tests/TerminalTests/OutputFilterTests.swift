import Model
import Planning
import Testing

@testable import rendertrust

/// What reaches a terminal.
@Suite struct OutputFilterTests {
  private let filter = OutputFilter(secret: 7)
  private var style: TextStyle { TextStyle(isColoured: true, opening: filter.opening) }

  @Test("Own colours are written, and escapes of untrusted text are shown as codes")
  func colours() {
    let text = "\(style.red("x\u{1B}[2J\u{1B}[31mred\u{9B}0m"))\ta\r\n"
    #expect(
      filter.visible(text) == "\u{1B}[31mx\\u{1B}[2J\\u{1B}[31mred\\u{9B}0m\u{1B}[0m\ta\\r\n")
    let other = OutputFilter(secret: 8)
    #expect(!other.visible(text).contains("\u{1B}"), "the colours of another process are untrusted text")
    #expect(filter.visible("é 猫\n") == "é 猫\n")
  }

  @Test("A cell of a table is one line")
  func table() {
    var table = Table(["A", "B"])
    table.add(["x\ny", "\u{1B}[2Jz"])
    #expect(table.text(style: .plain, width: nil) == "A    B\nx y   [2Jz\n")
  }

  @Test(
    "An empty argument is refused with the name of its option",
    arguments: [
      (["credits", "grant", "kk", "5", "--key", ""], "--key must not be empty"),
      (["get", "--environment="], "--environment must not be empty"),
      (["get", "-e", ""], "-e must not be empty"),
      (["apply", ""], "an argument is empty"), (["apply", "--", ""], "an argument is empty"),
      (["credits", "grant", "kk", "5", "--reason", "", "--key", "k"], nil), (["get"], nil),
      (["credits", "grant", "kk", "5", "--reason="], nil),
      (["import", "Service/a", "--engine", "unix:///a=b"], nil),
    ] as [([String], String?)])
  func emptyArgument(arguments: [String], expected: String?) {
    let problem = EmptyArgument.problem(in: arguments)
    if let expected {
      #expect(problem?.hasPrefix(expected) == true, "\(problem ?? "no problem")")
    } else {
      #expect(problem == nil)
    }
  }
}
