/// Fuzz target of the way from text to resources of every kind and back, for libFuzzer:
///
///     scripts/fuzz.sh [SECONDS]
///
/// Stops at each manifest that crashes, takes longer than a second of processor time, is rejected without an
/// error, or becomes a resource that differs after writing and loading it.
import Billing
import Databases
import Delivery
import Glibc
import Ledger
import Manifests
import Model
import Modules
import Nodes
import Recovery
import SchedulerKind
import Services

private let kinds = [
  KindSchema(BackupPolicySpec.self), KindSchema(DatabaseSpec.self), KindSchema(EnvironmentSpec.self),
  KindSchema(LedgerSpec.self), KindSchema(ModuleSpec.self), KindSchema(NodeSpec.self),
  KindSchema(PriceMapSpec.self), KindSchema(SchedulerSpec.self), KindSchema(ServiceSpec.self),
]
private let schemas = Dictionary(kinds.map { ($0.kind, $0) }, uniquingKeysWith: { first, _ in first })
private let loader = ManifestLoader(kinds: kinds)
private let writer = YAMLWriter(kinds: kinds)

/// Written as one process: a limit on what one input may cost.
private let longest = 1.0

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzManifests(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let begun = processorSeconds()
  // As a text, so that no file is made: what is no UTF-8 is refused earlier, where files are read.
  guard let text = String(validating: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self) else {
    return -1
  }
  let result = loader.load(text: text, name: "fuzz.yaml")
  let rendered = result.diagnostics.rendered(color: false)
  let hasErrors = result.diagnostics.contains { $0.severity == .error }
  guard let desired = result.desired else {
    if !hasErrors { fail("refused without an error") }
    if rendered.isEmpty { fail("an error without words") }
    return check(begun)
  }
  if hasErrors { fail("accepted with errors") }
  for resource in desired.resources { comesBackFromStore(resource) }
  comesBackFromText(desired)
  return check(begun)
}

/// What is stored as JSON is read back as the same resource.
private func comesBackFromStore(_ resource: AnyResource) {
  guard let schema = schemas[resource.id.kind], let stored = try? Value(json: resource.document.json) else {
    fail("\(resource.id) is stored as no JSON")
  }
  guard stored == resource.document else { fail("\(resource.id) changes on its way through JSON") }
  guard let again = try? schema.decode(stored) else { fail("\(resource.id) is not read back from the store") }
  // What its selectors match enters the digest, and is known beside the other manifests only.
  compare(resource, again, digest: resource.metadata.digest(with: resource.spec.value), "stored")
}

/// What is written as YAML is loaded as the same resources.
private func comesBackFromText(_ desired: DesiredState) {
  let text = desired.resources.map { writer.document(for: $0) }.joined()
  let again = loader.load(text: text, name: "written.yaml")
  guard let other = again.desired else {
    fail("what was written is refused:\n\(text)\n\(again.diagnostics.rendered(color: false))")
  }
  guard other.resources.count == desired.resources.count else { fail("resources got lost:\n\(text)") }
  for (before, after) in zip(desired.resources, other.resources) {
    compare(before, after, digest: before.digest, text)
    guard Set(before.references.map(\.target)) == Set(after.references.map(\.target)) else {
      fail("\(before.id) refers to others:\n\(text)")
    }
  }
  // The environment's name and sandbox are those of its resource.
  guard other.digest == desired.digest else { fail("the digest differs:\n\(text)") }
}

private func compare(_ before: AnyResource, _ after: AnyResource, digest: Digest, _ text: String) {
  guard before.id == after.id, before.metadata == after.metadata, after.digest == digest,
    before.spec.value == after.spec.value
  else {
    fail("\(before.id) came back as another:\n\(text)\n\(before.document.json)\n\(after.document.json)")
  }
}

private func check(_ begun: Double) -> CInt {
  let spent = processorSeconds() - begun
  if spent > longest { fail("took \(spent) s") }
  return 0
}

private func processorSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

private func fail(_ message: String) -> Never {
  let line = "fuzz: \(message)\n"
  write(STDERR_FILENO, line, line.utf8.count)
  abort()
}
