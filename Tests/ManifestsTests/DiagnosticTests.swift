import Manifests
import Model
import Testing

/// The exact text that people read.
struct DiagnosticTests {
  struct Golden: Sendable, CustomTestStringConvertible {
    let reason: String
    /// Below `spec:` of a `Database`; it starts at line 5.
    let spec: String
    let text: String
    var testDescription: String { reason }
  }

  static let cases: [Golden] = [
    Golden(
      reason: "a word where a number belongs", spec: "replicas: \"three\"",
      text: """
        a.yaml:5:13: error: ‘replicas’ must be a whole number, found the text ‘three’
            replicas: "three"
                      ^

        """),
    Golden(
      reason: "a field that is nearly right", spec: "replica: 3",
      text: """
        a.yaml:5:3: error: ‘spec’ has no field ‘replica’
            replica: 3
            ^
          hint: did you mean `replicas`?

        """),
    Golden(
      reason: "a duration without unit", spec: "timeout: 90",
      text: """
        a.yaml:5:12: error: ‘timeout’ must be a duration such as `90s` or `24h`, found the number 90
            timeout: 90
                     ^
          hint: did you mean `90s`?

        """),
    Golden(
      reason: "several problems at once, in order", spec: "replicas: 200\nlogged: yes\nmemory: 12GB",
      text: """
        a.yaml:5:13: error: ‘replicas’ must be from 0 to 100, found 200
            replicas: 200
                      ^
        a.yaml:6:11: error: ‘logged’ must be `true` or `false`, found the text ‘yes’
            logged: yes
                    ^
          hint: did you mean `true`?
        a.yaml:7:11: error: ‘memory’ must be an amount of bytes such as `512Mi` or `12Gi`, found \
        the text ‘12GB’
            memory: 12GB
                    ^
          hint: did you mean `12G`?

        """),
    Golden(
      reason: "a choice that is nearly right", spec: "engine: {embeded: {}}",
      text: """
        a.yaml:5:12: error: ‘engine’ must be one of `embedded`, `external`, `relay`, found ‘embeded’
            engine: {embeded: {}}
                     ^
          hint: did you mean `embedded`?

        """),
    Golden(
      reason: "two cases of one choice", spec: "engine: {embedded: {}, relay: {}}",
      text: """
        a.yaml:5:26: error: ‘engine’ takes one of `embedded`, `external`, `relay`, found both \
        ‘embedded’ and ‘relay’
            engine: {embedded: {}, relay: {}}
                                   ^
          hint: keep one of them

        """),
    Golden(
      reason: "a rule about an item points at the item", spec: "names: [a, UPPER]",
      text: """
        a.yaml:5:14: error: ‘names[1]’ must be a name of lowercase letters, digits and ‘-’, found ‘UPPER’
            names: [a, UPPER]
                       ^
          hint: for example `web-1`

        """),
    Golden(
      reason: "an image without digest", spec: "image: grafana/grafana:10",
      text: """
        a.yaml:5:10: error: ‘image’ must be pinned by digest, found ‘grafana/grafana:10’
            image: grafana/grafana:10
                   ^
          hint: append the digest: `grafana/grafana:10@sha256:…`; `docker images \
        --digests grafana/grafana` shows it

        """),
    Golden(
      reason: "a secret that stands in the manifest is not repeated", spec: "engine: {external: hunter2}",
      text: """
        a.yaml:5:22: error: ‘external’ must say where the secret is found: one of `{env: NAME}`, \
        `{file: PATH}`, `{secret: Secret/name}`
            engine: {external: ‹redacted›
                               ^
          hint: a secret's value never stands in a manifest

        """),
    Golden(
      reason: "a rule between fields", spec: "engine: relay\nreplicas: 2",
      text: """
        a.yaml:6:13: error: ‘replicas’ must be 1 through a relay
            replicas: 2
                      ^
          hint: remove the field

        """),
    Golden(
      reason: "a key that stands twice names both lines", spec: "replicas: 3\nreplicas: 4",
      text: """
        a.yaml:6:3: error: the key ‘replicas’ stands twice in this map, first at line 5
            replicas: 4
            ^
          hint: remove one of them

        """),
    Golden(
      reason: "a tab as indentation", spec: "\ttimeout: 3s",
      text: """
        a.yaml:5:3: error: tabs can't indent YAML: use spaces
            →timeout: 3s
            ^

        """),
    Golden(
      reason: "a quote that is never closed", spec: "health: \"/x",
      text: """
        a.yaml:5:11: error: the quote that starts here is never closed
            health: "/x
                    ^
          hint: close it, or remove it

        """),
    Golden(
      reason: "a map that is cut off", spec: "engine: {embedded: {",
      text: """
        a.yaml:5:23: error: the text ends in the middle of a value
            engine: {embedded: {
                                ^
          hint: was the file cut off?

        """),
    Golden(
      reason: "a cron schedule without quotes", spec: "backup: * * * * *",
      text: """
        a.yaml:5:12: error: ‘*’ starts an alias, but no name follows
            backup: * * * * *
                     ^
          hint: put the text in quotes

        """),
    Golden(
      reason: "a reference to itself is a circle", spec: "after: [Database/x]",
      text: """
        a.yaml:5:11: error: resources wait for each other: Database/x → Database/x
            after: [Database/x]
                    ^
          hint: remove one of these references

        """),
    Golden(
      reason: "a reference to another kind than may stand there", spec: "after: [Databas/x]",
      text: """
        a.yaml:5:11: error: ‘after[0]’ must refer to `Database/…` or `Environment/…`, found ‘Databas/x’
            after: [Databas/x]
                    ^
          hint: did you mean `Database/x`?

        """),
    Golden(
      reason: "a tag that is not YAML's own", spec: "health: !path /x",
      text: """
        a.yaml:5:11: error: unknown tag ‘!path’
            health: !path /x
                    ^
          hint: remove the tag

        """),
    Golden(
      reason: "a variable where none are declared", spec: "health: ${path}",
      text: """
        a.yaml:5:11: error: ‘health’ mentions the unknown variable ‘path’
            health: ${path}
                    ^
          hint: no manifest of this folder declares variables; write `$${` for the text ‘${’

        """),
  ]

  @Test("An invalid spec is rejected with location and hint", arguments: cases)
  func anInvalidSpecIsRejectedWithLocationAndHint(_ golden: Golden) {
    #expect(complaints(database(golden.spec)) == golden.text)
  }

  @Test("Envelopes are checked") func envelopesAreChecked() {
    let text = """
      kind: Databse
      metadata: {name: x}
      ---
      foo
      ---
      apiVersion: v1
      kind: Database
      metadata: {nam: x}
      extra: 1

      """
    #expect(
      complaints(text) == """
        a.yaml:1:7: error: unknown kind ‘Databse’
          kind: Databse
                ^
          hint: did you mean `Database`?
        a.yaml:4:1: error: a document must be a map, found the text ‘foo’
          foo
          ^
          hint: start with `apiVersion: rendertrust.com/v1` and `kind: …`
        a.yaml:6:13: error: ‘apiVersion’ must be `rendertrust.com/v1`, found the text ‘v1’
          apiVersion: v1
                      ^
          hint: write `apiVersion: rendertrust.com/v1`
        a.yaml:8:11: error: ‘metadata’ needs the field ‘name’
          metadata: {nam: x}
                    ^
          hint: `name`: Unique among the resources of a kind, for example `name: web-1`
        a.yaml:8:12: error: ‘metadata’ has no field ‘nam’
          metadata: {nam: x}
                     ^
          hint: did you mean `name`?
        a.yaml:9:1: error: the document has no field ‘extra’
          extra: 1
          ^
          hint: known fields: `apiVersion`, `kind`, `metadata`, `spec`

        """)
  }

  @Test("Cycles and missing resources are found across files")
  func cyclesAndMissingResourcesAreFoundAcrossFiles() throws {
    let folder = try TemporaryFolder()
    try folder.write("a.yaml", database("after: [Database/b]", name: "a"))
    try folder.write("b.yml", database("after: [Database/c]", name: "b"))
    try folder.write("c.yaml", database("after: [Database/a, Database/cc]", name: "c"))
    #expect(
      folder.complaints("") == """
        c.yaml:5:11: error: resources wait for each other: Database/a → Database/b → Database/c → Database/a
            after: [Database/a, Database/cc]
                    ^
          hint: remove one of these references
        c.yaml:5:23: error: ‘after[1]’ refers to ‘Database/cc’, which does not exist
            after: [Database/a, Database/cc]
                                ^
          hint: did you mean `Database/c`?

        """)
  }

  @Test("A duplicate declaration names the first")
  func aDuplicateDeclarationNamesTheFirst() {
    #expect(
      complaints(database("{}") + "---\n" + database("{}")).hasPrefix(
        "a.yaml:7:1: error: ‘Database/x’ stands here for the second time, first at a.yaml:1:1\n"))
  }

  @Test("A missing path is an error and an empty folder is valid")
  func aMissingPathIsAnErrorAndAnEmptyFolderIsValid() throws {
    let folder = try TemporaryFolder()
    #expect(folder.load("").desired?.resources.isEmpty == true)
    let missing = folder.load("nothing")
    #expect(missing.desired == nil)
    #expect(missing.diagnostics.first?.message.hasPrefix("there is no file or folder ‘") == true)
  }

  @Test("A syntax error does not hide problems of later documents")
  func aSyntaxErrorDoesNotHideProblemsOfLaterDocuments() {
    let text =
      database("health: @x") + "---\n" + database("replicas: x", name: "y") + "---\n" + database("a: [")
    let lines = load(text).diagnostics.compactMap(\.location?.line)
    #expect(lines == [5, 11, 17])
  }

  @Test("Colour does not change the text") func colourDoesNotChangeTheText() {
    let diagnostic = load(database("replica: 3")).diagnostics[0]
    let plain = diagnostic.rendered(color: true).replacing(#/\u{1B}\[[0-9;]*m/#, with: "")
    #expect(plain == diagnostic.rendered(color: false))
  }
}
