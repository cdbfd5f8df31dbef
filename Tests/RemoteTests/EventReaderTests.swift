import Gateway
import Model
import Testing

@testable import rendertrust

@Suite struct EventReaderTests {
  private static let stream =
    ": open\n\nevent: one\ndata: {\"a\":1}\n\n: alive\n\nevent: two\r\ndata: [1,\r\ndata: 2]\r\n\r\n"
    + "data:\"bare\"\n\nevent: broken\ndata: {\n\nevent: empty\n\nevent: cut\ndata: 1\n"
  private static let events = [
    APIEvent("one", .members(["a": .integer(1)])), APIEvent("two", .array([.integer(1), .integer(2)])),
    APIEvent("message", .string("bare")),
  ]

  @Test(
    "Events do not depend on the chunks; comments, invalid JSON and incomplete events are skipped"
  )
  func chunks() {
    let bytes = Array(Self.stream.utf8)
    for size in 1...bytes.count {
      var reader = EventReader()
      var events: [APIEvent] = []
      var start = 0
      while start < bytes.count {
        events += reader.read(bytes[start..<min(start + size, bytes.count)])
        start += size
      }
      #expect(events == Self.events, "in chunks of \(size)")
    }
  }
}
