import Manifests
import Model
import Testing

struct DiagnosticTests {
  @Test func dump() {
    for spec in [
      "replicas: \"three\"", "replica: 3", "replicas: 200", "timeout: 90", "timeout: 90 sec", "memory: 12GB",
      "logged: yes", "engine: {embeded: {}}", "engine: {embedded: {}, relay: {}}", "engine: external",
      "after: [Database/y, Databse/x, foo]", "image: grafana/grafana:10", "port: 0", "backup: \"0 2 * *\"",
      "names: a", "share: 10", "health: health", "engine: {external: hunter2}", "memory:", "cores: many",
      "names: [a, b, a]", "names: [UPPER]", "replicas: 3\nreplicas: 4", "<<: 1", "health: ${x}",
      "\ttimeout: 3", "a: \"x", "a: [1, 2", "a: {b: 1", "a: b: c", "- x", "a: @x", "a: *x", "a: &x [*x]",
      "a: !foo x",
      "backup: * * * * *", "? [a]\n: b", "engine: relay\nreplicas: 2", " a: 1\nb: 2", "foo",
      "health: 'x\u{7}'",
      "after: [Database/x]", "replicas: 99999999999999999999", "replicas: 1.5",
    ] {
      print("===== \(spec)")
      print(complaints(database(spec)))
    }
    print(
      complaints(
        "kind: Databse\nmetadata: {name: Xy}\n---\nfoo\n---\napiVersion: v1\nkind: Database\nmetadata: {nam: x}\nextra: 1"
      ))
    print(Result { try Explain(kinds: sampleKinds).text(path: "Database.spec.engine") })
    print(
      try! Explain(kinds: sampleKinds).text(path: "Database"),
      try! Explain(kinds: sampleKinds).text(path: "Database.replicas"))
    print(JSONSchema.schema(for: sampleKinds[0]).prettyJSON)
    let r = load(database("{}")).desired!.resources[0]
    print(YAMLWriter(kinds: sampleKinds).document(for: r))
  }
}
