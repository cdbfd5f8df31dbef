/// Finds the probable intention behind a misspelled word.
package enum Suggestion {
  /// The candidate nearest to `text` by edit distance, if it is near enough to be a misspelling.
  static func nearest(to text: String, among candidates: some Sequence<String>) -> String? {
    let limit = max(1, min(3, text.count / 3 + 1))
    let lowered = Array(text.lowercased().unicodeScalars.prefix(64))
    var best: (distance: Int, word: String)?
    for candidate in candidates.sorted() where candidate != text {
      let distance = editDistance(lowered, Array(candidate.lowercased().unicodeScalars.prefix(64)))
      if distance <= limit, distance < best?.distance ?? .max { best = (distance, candidate) }
    }
    return best?.word
  }

  /// ‘did you mean `x`?’, otherwise a list of the candidates.
  package static func hint(for text: String, among candidates: [String], noun: String) -> String? {
    if let word = nearest(to: text, among: candidates) { return "did you mean `\(word)`?" }
    guard !candidates.isEmpty else { return nil }
    let shown = candidates.prefix(12).map { "`\($0)`" }.joined(separator: ", ")
    let more = candidates.count > 12 ? " and \(candidates.count - 12) more" : ""
    return "known \(noun): \(shown)\(more)"
  }

  /// Optimal string alignment: insertions, deletions, replacements and transpositions cost 1 each.
  private static func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
    var before: [Int] = []
    var previous = Array(0...b.count)
    for i in 0..<a.count {
      var current = [i + 1]
      for j in 0..<b.count {
        var cost = min(previous[j + 1] + 1, current[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, before[j - 1] + 1) }
        current.append(cost)
      }
      before = previous
      previous = current
    }
    return previous[b.count]
  }
}
