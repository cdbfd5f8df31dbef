internal import CLibZstd
internal import Model

/// Zstandard at level 1; keeps its memory between pages.
final class Compressor {
  private let context: OpaquePointer
  private var output: ContiguousArray<UInt8> = []

  init() throws(ParquetError) {
    guard let context = ZSTD_createCCtx() else {
      throw ParquetError(.compression, "Zstandard has no memory to compress with")
    }
    self.context = context
  }

  deinit { ZSTD_freeCCtx(context) }

  /// Returns the compressed body of a page, valid until the next call.
  func compress(_ input: ContiguousArray<UInt8>) throws(ParquetError) -> ContiguousArray<UInt8>.SubSequence {
    let bound = ZSTD_compressBound(input.count)
    if output.count < bound { output = ContiguousArray(repeating: 0, count: bound) }
    let size = output.withUnsafeMutableBytes { output in
      input.withUnsafeBytes { input in
        ZSTD_compressCCtx(context, output.baseAddress, output.count, input.baseAddress, input.count, 1)
      }
    }
    guard ZSTD_isError(size) == 0 else {
      throw ParquetError(
        .compression, "Zstandard could not compress a page: \(String(cString: ZSTD_getErrorName(size)))")
    }
    return output[..<size]
  }
}
