import Testing

@testable import ObjectStorage

/// Only what S3 answers with; everything else is no document.
@Suite struct XMLElementTests {
  @Test("Elements, text, references and comments are parsed")
  func elementsTextReferencesAndCommentsAreParsed() throws {
    let text = """
      <?xml version="1.0" encoding="UTF-8"?>
      <!-- a list --><s3:List xmlns:s3="http://x/>y" a='"'><Key>a &amp; b&#x2F;&#233;&lt;</Key><Empty/>\
      <Empty a="1" />
      <Key><![CDATA[<raw>&amp;]]> more</Key></s3:List>
      """
    let root = try #require(XMLElement(parsing: Array(text.utf8)))
    #expect(root.name == "List")
    #expect(root.all("Key").map(\.text) == ["a & b/é<", "<raw>&amp; more"])
    #expect(root.all("Empty").count == 2 && root["Empty"]?.text == "")
  }

  @Test(
    "Malformed documents are rejected",
    arguments: [
      "", "text", "<a>", "<a></b>", "<a/><b/>", "<a>&unknown;</a>", "<a>&#xFFFFFFFF;</a>", "<a",
      "<a b=\"</a>",
      "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", "<a><![CDATA[x</a>", "<a>&amp</a>", "< a></a>", "</a>",
    ])
  func malformedDocumentsAreRejected(text: String) {
    #expect(XMLElement(parsing: Array(text.utf8)) == nil)
  }

  @Test("A document of any depth ends") func aDocumentOfAnyDepthEnds() {
    let text = String(repeating: "<a>", count: 100_000)
    #expect(XMLElement(parsing: Array(text.utf8)) == nil)
  }
}
