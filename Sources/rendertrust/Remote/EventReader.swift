import Gateway
import Model

/// Incremental parser of server-sent events.
struct EventReader {
  private var line: [UInt8] = []
  private var name = ""
  private var data: [UInt8] = []
  /// Whether the previous byte was a carriage return; a following line feed belongs to it.
  private var isAfterReturn = false

  /// Limit of a line and of the data of an event; the rest is dropped.
  private static let maxBytes = 64 << 20

  /// The events that this chunk completes. Events without JSON are skipped.
  mutating func read(_ chunk: some Sequence<UInt8>) -> [APIEvent] {
    var events: [APIEvent] = []
    for byte in chunk {
      defer { isAfterReturn = byte == 0x0D }
      switch byte {
      case 0x0A where isAfterReturn: break
      case 0x0A, 0x0D:
        if let event = endLine() { events.append(event) }
      default:
        if line.count < EventReader.maxBytes { line.append(byte) }
      }
    }
    return events
  }

  private mutating func endLine() -> APIEvent? {
    defer { line.removeAll(keepingCapacity: true) }
    guard !line.isEmpty else {
      defer { (name, data) = ("", []) }
      guard !data.isEmpty, let value = try? Value(json: data) else { return nil }
      return APIEvent(name.isEmpty ? "message" : name, value)
    }
    let colon = line.firstIndex(of: 0x3A) ?? line.endIndex
    var content = line[colon...].dropFirst()
    if content.first == 0x20 { content = content.dropFirst() }
    switch String(decoding: line[..<colon], as: UTF8.self) {
    case "event": name = String(decoding: content, as: UTF8.self)
    case "data":
      if !data.isEmpty { data.append(0x0A) }
      if data.count < EventReader.maxBytes { data += content }
    default: break
    }
    return nil
  }
}
