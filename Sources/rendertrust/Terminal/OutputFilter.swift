import Model
import Planning

/// Makes output harmless for a terminal: text of manifests, containers and remote callers can contain escape
/// sequences.
struct OutputFilter {
  /// Begins each colour sequence of this process until it is written. Untrusted text cannot contain it.
  let opening: String

  init(secret: UInt64) { opening = "\(TextStyle.escape)<\(secret)>" }

  /// The text with colours that begin with `opening`, and with the code of every other character that is
  /// invisible or acts on a terminal.
  func visible(_ text: String) -> String {
    guard text.utf8.contains(0x1B) else { return text.escapingInvisible(except: ["\n", "\t"]) }
    return text.split(separator: opening, omittingEmptySubsequences: false)
      .map { $0.escapingInvisible(except: ["\n", "\t"]) }.joined(separator: TextStyle.escape)
  }

  /// JSON of one or several lines with escapes in place of invisible characters.
  static func harmless(json: String) -> String { json.escapingInvisible(except: ["\n"], as: \.jsonEscape) }
}
