import FoundationEssentials
import Model
import Testing

@testable import SchedulerKind

@Suite struct KEDAFolderTests {
  @Test("Without the lease no file is written or removed") func fence() throws {
    let state = TemporaryPath.unique()
    defer { try? FileManager.default.removeItem(atPath: state) }
    let folder = KEDAFolder(stateFolder: state)
    try folder.write("a", to: "keda/scaler.yaml")
    MutationFence.$lease.withValue(LeaseCheck(isNeverHeld)) {
      let written = #expect(throws: BackendError.self) { try folder.write("b", to: "keda/scaler.yaml") }
      #expect(written?.code == "scheduler.leaseLost")
      #expect(throws: BackendError.self) { try folder.remove("keda/scaler.yaml") }
    }
    let texts = try folder.texts(of: ["keda/scaler.yaml"])
    #expect(texts == ["keda/scaler.yaml": "a"])
  }
}

private enum TemporaryPath {
  /// A path below the temporary folder that does not exist.
  static func unique() -> String {
    FileManager.default.temporaryDirectory.appendingPathComponent(
      "rendertrust-keda-\(UInt64.random(in: 0 ... .max))"
    )
    .path
  }
}

private let isNeverHeld: @Sendable () -> Bool = { false }
