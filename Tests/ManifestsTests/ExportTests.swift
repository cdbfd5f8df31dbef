import Manifests
import Model
import RandomSupport
import Testing

struct ExportTests {
  @Test("Fields are written in the order of the schema")
  func fieldsAreWrittenInTheOrderOfTheSchema() {
    let text = load(
      database(
        "names: [a]\nengine: {external: {env: URL}}\nnodes: {k: 'a: b', l: \"${x\"}".replacing(
          "${", with: "$${"))
    )
    .desired.map { YAMLWriter(kinds: sampleKinds).document(for: $0.resources[0]) }
    #expect(
      text == """
        ---
        apiVersion: rendertrust.com/v1
        kind: Database
        metadata:
          name: x
        spec:
          engine:
            external:
              env: URL
          memory: 256Mi
          timeout: 30s
          cores: 1
          replicas: 1
          logged: true
          port: 5432
          names:
            - a
          after: []
          health: /health
          nodes:
            k: "a: b"
            l: $${x

        """)
  }

  /// Loading what was written gives the same resource, whatever the texts are.
  @Test("Written manifests load as the same resources")
  func writtenManifestsLoadAsTheSameResources() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededRandom(seed: seed)
    let schema = KindSchema(EnvironmentSpec.self)
    let database = KindSchema(DatabaseSpec.self)
    let alphabet = Array("aZ09 :#-?,[]{}&*!|>'\"%@`$~.\\/\n\t<=+é😀\u{2028}\u{7}\u{85}\u{FEFF}".unicodeScalars)
    let words = [
      "", "yes", "null", "~", "true", "1.5", "0x1F", "---", "...", "- a", "a: b", "${x}", "$${x}", " a", "a ",
    ]
    // Keys and texts of one line have no control characters.
    func line(_ random: inout SeededRandom) -> String {
      String(String.UnicodeScalarView(text(&random).unicodeScalars.filter { !$0.isControlCharacter }))
    }
    func text(_ random: inout SeededRandom) -> String {
      if Int.random(in: 0..<4, using: &random) == 0 { return words.randomElement(using: &random)! }
      var text = ""
      for _ in 0..<Int.random(in: 0..<12, using: &random) {
        text.unicodeScalars.append(alphabet.randomElement(using: &random)!)
      }
      return text
    }
    for round in 0..<300 {
      var map: [Value.Member] = []
      for _ in 0..<4 {
        let key = line(&random)
        if !map.contains(where: { $0.key == key }) { map.append(Value.Member(key, .string(line(&random)))) }
      }
      map.sort { $0.key < $1.key }
      let labels = ["a": line(&random)]
      let free = Value.array((0..<4).map { _ in .string(text(&random)) })
      for (kind, field) in [(schema, "variables"), (database, "nodes")] {
        let spec = Value.members([field: .object(map), "command": field == "nodes" ? free : nil])
        let resource = try kind.decode(
          spec: spec, id: ResourceID(kind: kind.kind, name: "x"),
          metadata: Metadata(labels: labels, mode: .observe))
        // Labels of an environment are its own text; elsewhere variables are escaped.
        let written = YAMLWriter(kinds: sampleKinds).document(for: resource)
        let again = load(written)
        #expect(
          again.desired?.resources[0].digest == resource.digest, "seed \(seed), round \(round):\n\(written)")
        #expect(again.desired?.resources[0].metadata == resource.metadata)
      }
    }
  }

  @Test("Schemas accept what decodes") func schemasAcceptWhatDecodes() {
    let schema = JSONSchema.schema(for: KindSchema(PriceMapSpec.self))
    let price = schema["properties"]?["spec"]?["properties"]?["prices"]?["additionalProperties"]
    #expect(
      price?.json
        == #"{"additionalProperties":false,"description":"What one Stripe price gives","properties":{"#
        + #""amount":{"description":"What Stripe charges, in the map's currency","examples":["10.00"],"#
        + #""pattern":"^-?[0-9]+(\\.[0-9]{1,4})?$","type":["string","number"]},"credits":{"#
        + #""description":"Credits that the buyer receives (more than 0)","examples":["100","0.4"],"#
        + #""pattern":"^-?[0-9]+(\\.[0-9]{1,6})?$","type":["string","number"]}},"#
        + #""required":["credits"],"type":"object"}"#
    )
    let all = JSONSchema.schema(for: sampleKinds)
    #expect(all["properties"]?["kind"]?.json == #"{"enum":["Database","Environment","PriceMap"]}"#)
    #expect(all["$defs"]?["Database"]?["properties"]?["kind"]?.json == #"{"const":"Database"}"#)
  }

  @Test("Fields are explained") func fieldsAreExplained() throws {
    let explain = Explain(kinds: sampleKinds)
    #expect(
      try explain.text(path: "Database.spec.engine") == """
        Database.spec.engine

          Where the server is

          type:     one of `embedded`, `external`, `relay`
          default:  {"embedded":{"version":15}}

          one of:
            embedded  map     The controller's private server
            external  choice  A server run elsewhere
            relay             Through the relay

        """)
    #expect(
      try explain.text(path: "pricemap.prices.credits") == """
        pricemap.prices.credits

          Credits that the buyer receives

          type:     number of credits with at most six digits after the point
          required: yes
          rules:    more than 0
          examples: 100, 0.4

        """)
    #expect(try explain.text(path: "Database.metadata.mode").contains("observe"))
    #expect { try explain.text(path: "Database.spec.replica") } throws: {
      "\($0)" == "there is no field ‘replica’ here; did you mean `replicas`?"
    }
    #expect { try explain.text(path: "Databas") } throws: {
      "\($0)" == "there is no kind ‘Databas’; did you mean `Database`?"
    }
    #expect(explain.overview.hasPrefix("Database     A PostgreSQL database\n"))
  }
}
