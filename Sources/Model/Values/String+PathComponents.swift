extension String {
  /// The names in a path or in the prefix of keys, without empty ones and `.`. `..` is kept.
  package var pathComponents: [Substring] { split(separator: "/").filter { $0 != "." } }
}
