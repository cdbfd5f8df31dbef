/// Random identifiers of processes, passes and owners.
package enum RandomMark {
  /// Eight hexadecimal digits.
  package static func hexadecimal() -> String {
    let digits = String(UInt32.random(in: .min ... .max), radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
