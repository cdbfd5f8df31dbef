/// Measures how long it takes to read, decode and check many manifests, and how much memory that needs.
///
///     bench-manifests [DOCUMENTS]
///
/// Writes the documents below the temporary folder, loads them in this process and prints seconds and peak
/// memory. The same number of documents always gives the same bytes.
import FoundationEssentials
import Glibc
import Manifests
import Model

let count = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 100_000
let folder = FileManager.default.temporaryDirectory.appendingPathComponent("bench-manifests-\(getpid())")
try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
defer { try? FileManager.default.removeItem(at: folder) }

let file = folder.appendingPathComponent("prices.yaml")
let size = try PriceDocuments.write(count, to: file.path)
let loader = ManifestLoader(kinds: [KindSchema(PriceMapSpec.self)])
let clock = ContinuousClock()
var best = Duration.seconds(1_000)
for run in 1...3 {
  var result: LoadResult?
  let elapsed = clock.measure { result = loader.load(paths: [file.path]) }
  guard let desired = result?.desired, desired.resources.count == count else {
    print(result?.diagnostics.rendered(color: false, limit: 5) ?? "nothing was loaded")
    exit(1)
  }
  best = min(best, elapsed)
  print("run \(run): \(elapsed) \(desired.digest)")
  if run == 1 { print("peak after one load: \(PriceDocuments.peakMemory() >> 20) MiB") }
}
let seconds = Double(best.components.seconds) + Double(best.components.attoseconds) / 1e18
print("\(count) documents, \(size) bytes: best \(seconds) s, \(Double(size) / seconds / 1e6) MB/s")
