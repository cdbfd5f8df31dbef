import Model
import Testing

@Suite struct ByteCountTests {
  @Test(
    "Amounts of bytes are parsed with their unit",
    arguments: [
      ("0", 0), ("12", 12), ("64k", 64_000), ("3M", 3_000_000), ("2G", 2_000_000_000),
      ("1T", 1_000_000_000_000), ("1Ki", 1024), ("512Mi", 512 << 20), ("12Gi", 12 << 30), ("1Ti", 1 << 40),
      ("1Pi", 1 << 50), ("9223372036854775807", .max),
    ] as [(String, Int64)])
  func amountsAreParsed(_ text: String, _ bytes: Int64) {
    #expect(ByteCount(text)?.bytes == bytes)
  }

  @Test(
    "Other texts are rejected",
    arguments: [
      "", "Gi", "-1", "+1", "1.5Gi", "1 Gi", "1gi", "1K", "1Xi", "1GiB", "9223372036854775808", "9000000Ti",
    ])
  func otherTextsAreRejected(_ text: String) {
    #expect(ByteCount(text) == nil)
  }

  @Test("The description uses the largest binary unit that divides evenly")
  func descriptionUsesTheLargestUnit() {
    #expect(ByteCount(bytes: 12 << 30).description == "12Gi")
    #expect(ByteCount(bytes: 1536 << 20).description == "1536Mi")
    #expect(ByteCount(bytes: 1 << 50).description == "1Pi")
    #expect(ByteCount(bytes: 1_000_000).description == "1000000")
    #expect(ByteCount(bytes: 0).description == "0")
    for bytes: Int64 in [0, 1, 1023, 1024, 1_000_000, 3 << 40, .max] {
      #expect(ByteCount(ByteCount(bytes: bytes).description)?.bytes == bytes)
    }
  }
}
