/// Tells values that may be secret from those that may be written into a manifest. Rather one too many: a value that is
/// taken for a secret costs a reference, one that is not is in git for good.
enum SecretGuess {
  private static let words = [
    "PASS", "SECRET", "TOKEN", "CREDENTIAL", "PRIVATE", "APIKEY", "API_KEY", "ACCESS_KEY", "AUTH", "COOKIE",
    "SALT",
    "SIGNING", "ENCRYPTION", "DSN",
  ]

  static func isSecret(name: String, value: String) -> Bool {
    let name = name.uppercased()
    let isNamed =
      words.contains { name.contains($0) } || name.hasSuffix("_KEY") || name == "KEY" || name == "PWD"
    return !value.isEmpty && (isNamed || isSecret(value))
  }

  /// By its looks alone: a URL with a password, a key, a signed token, long random text.
  static func isSecret(_ value: String) -> Bool {
    if value.contains("PRIVATE KEY") || value.hasPrefix("eyJ") { return true }
    if let scheme = value.firstRange(of: "://"), let at = value[scheme.upperBound...].firstIndex(of: "@"),
      value[scheme.upperBound..<at].contains(":")
    {
      return true
    }
    return value.split(whereSeparator: { " ,;=:/@".contains($0) }).contains { isRandom($0) }
  }

  /// An argument such as `--password=x`, or one that looks secret by itself.
  static func isSecret(argument: String) -> Bool {
    let parts = argument.split(separator: "=", maxSplits: 1)
    if parts.count == 2, isSecret(name: String(parts[0]).replacing("-", with: "_"), value: String(parts[1])) {
      return true
    }
    return isSecret(argument)
  }

  /// 20 or more letters and digits of all three sorts; a digest of an image is none, nor is a word.
  private static func isRandom(_ text: Substring) -> Bool {
    guard text.utf8.count >= 20, text.utf8.count != 64 || !text.utf8.allSatisfy(isHex) else { return false }
    let digits = text.utf8.count { (48...57).contains($0) }
    let upper = text.utf8.count { (65...90).contains($0) }
    let lower = text.utf8.count { (97...122).contains($0) }
    if text.utf8.allSatisfy(isHex) { return digits > 2 && upper + lower > 2 }
    return digits > 2 && upper > 2 && lower > 2
  }

  private static func isHex(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (97...102).contains(byte) || (65...70).contains(byte)
  }
}
