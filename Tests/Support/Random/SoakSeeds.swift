internal import FoundationEssentials

/// The number of generated worlds that a property is checked on.
package enum SoakSeeds {
  /// - Returns: The value of `RENDERTRUST_SEEDS`, which `make soak` sets, else `usual`.
  package static func count(_ usual: UInt64) -> UInt64 {
    ProcessInfo.processInfo.environment["RENDERTRUST_SEEDS"].flatMap { UInt64($0) } ?? usual
  }
}
