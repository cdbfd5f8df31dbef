import Manifests
import Model
import Testing

struct DecodingTests {
  @Test func defaultsAreFilledIn() {
    var decoder = ManifestDecoder()
    let spec = DatabaseSpec.decode(Node(.object([])), &decoder)
    #expect(decoder.diagnostics.isEmpty)
    #expect(spec == DatabaseSpec())
    #expect(spec?.value["memory"] == .string("256Mi"))
    #expect(spec?.value["engine"]?.json == #"{"embedded":{"version":15}}"#)
  }
}
