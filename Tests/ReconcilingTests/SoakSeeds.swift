import FoundationEssentials

/// How many worlds a property is tried on: few in every run, as many as RENDERTRUST_SEEDS says in `make
/// soak`.
enum SoakSeeds {
  static func count(_ usual: UInt64) -> UInt64 {
    ProcessInfo.processInfo.environment["RENDERTRUST_SEEDS"].flatMap { UInt64($0) } ?? usual
  }
}
