/// Names of resources: lower-case ASCII letters, digits, `-` and, between parts, `.`; at most 63 characters
/// long.
package enum ResourceName {
  package static let pattern =
    "^(?=.{1,63}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$"

  package static func isValid(_ name: String) -> Bool {
    let bytes = name.utf8
    guard !bytes.isEmpty, bytes.count <= 63 else { return false }
    return bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy {
      isLabel($0)
    }
  }

  /// Lower-case ASCII letters, digits and `-`, without `-` at either end, at most 63 characters long.
  static func isLabel(_ bytes: some BidirectionalCollection<UInt8>) -> Bool {
    let hyphen = UInt8(ascii: "-")
    guard let first = bytes.first, let last = bytes.last, first != hyphen, last != hyphen, bytes.count <= 63
    else {
      return false
    }
    return bytes.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == hyphen }
  }
}
