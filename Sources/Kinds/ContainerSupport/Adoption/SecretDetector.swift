/// Detects values that may be secrets and must not be written into a manifest. Prefers false positives: a
/// false positive costs a secret reference, a missed secret stays in the git history.
enum SecretDetector {
  private static let words = [
    "PASS", "SECRET", "TOKEN", "CREDENTIAL", "PRIVATE", "APIKEY", "API_KEY", "ACCESS_KEY", "AUTH", "COOKIE",
    "SALT", "SIGNING", "ENCRYPTION", "DSN",
  ]

  /// Whether a variable may hold a secret, by its name or its value.
  static func isSecret(name: String, value: String) -> Bool {
    let name = name.uppercased()
    let isNamed =
      words.contains { name.contains($0) } || name.hasSuffix("_KEY") || name == "KEY" || name == "PWD"
    return !value.isEmpty && (isNamed || isSecret(value))
  }

  /// Whether a value alone looks like a secret: a URL with a password, a key, a signed token, long random
  /// text.
  static func isSecret(_ value: String) -> Bool {
    if value.contains("PRIVATE KEY") || value.hasPrefix("eyJ") { return true }
    if let scheme = value.firstRange(of: "://"), let at = value[scheme.upperBound...].firstIndex(of: "@"),
      value[scheme.upperBound..<at].contains(":")
    {
      return true
    }
    return value.split(whereSeparator: { " ,;=:/@".contains($0) }).contains { isRandom($0) }
  }

  /// Whether an argument such as `--password=x` holds a secret.
  static func isSecret(argument: String) -> Bool {
    let parts = argument.split(separator: "=", maxSplits: 1)
    if parts.count == 2, isSecret(name: String(parts[0]).replacing("-", with: "_"), value: String(parts[1])) {
      return true
    }
    return isSecret(argument)
  }

  /// Whether a text has 20 or more characters with digits, uppercase and lowercase letters. The digest of
  /// an image does not count.
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
