/// Separates standard output and standard error in the stream of a process without a terminal. Frames have a
/// header of 8 bytes: stream (1 byte), three zeros, length (4 bytes, big-endian).
struct OutputFrames {
  enum Stream: UInt8 {
    case input = 0
    case output = 1
    case error = 2
  }

  private var header: [UInt8] = []
  private var stream = Stream.output
  /// Bytes of the frame that have not arrived yet.
  private var left = 0

  /// Whether the stream ended between two frames.
  var isAtBoundary: Bool { left == 0 && header.isEmpty }

  /// Passes on the bytes of each stream, in order; returns false when the bytes are not frames.
  mutating func feed(_ bytes: ArraySlice<UInt8>, _ take: (Stream, ArraySlice<UInt8>) -> Void) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      if left > 0 {
        let piece = rest.prefix(left)
        take(stream, piece)
        left -= piece.count
        rest = rest.dropFirst(piece.count)
        continue
      }
      let missing = rest.prefix(8 - header.count)
      header += missing
      rest = rest.dropFirst(missing.count)
      guard header.count == 8 else { return true }
      guard let kind = Stream(rawValue: header[0]), header[1...3].allSatisfy({ $0 == 0 }) else {
        return false
      }
      stream = kind
      left = header[4...7].reduce(0) { $0 << 8 | Int($1) }
      header = []
    }
    return true
  }
}
