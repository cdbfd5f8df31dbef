import JobModel
import Model
import Planning
import Testing

@testable import rendertrust

/// The text output of the node commands.
struct NodeTextTests {
  @Test("The list shows used and total capacity")
  func list() {
    let nodes = [
      Samples.node("dev-cpu-1", isCordonedByOperator: true),
      Samples.node("dev-gpu-1", used: 1) {
        $0.gpuMemory = 12 << 30
        $0.gpuUsed = [12 << 30]
        $0.coresUsed = 250
      },
      Samples.node("dev-gpu-2", isOnline: false) {
        $0.lastHeartbeatAt = nil
        $0.isCordoned = true
        $0.isOverflow = true
      },
    ]
    #expect(
      Samples.nodes.list(nodes, width: nil) == """
        NODE       STATUS                         SLOTS  CORES   GPU MEMORY  RTT     HEARTBEAT  OWNER  POOL
        dev-cpu-1  online, cordoned               0/2    0/2     –           0.4 ms  3s         ada    –
        dev-gpu-1  online                         1/2    0.25/2  12Gi/12Gi   0.4 ms  3s         ada    –
        dev-gpu-2  offline, cordoned by manifest  0/2    0/2     –           –       never      ada    \
        overflow

        """)
  }

  @Test("Cordon and uncordon print the state of the node")
  func cordoning() {
    let text = Samples.nodes
    #expect(
      text.cordonState(Samples.node("a", used: 2, isCordonedByOperator: true))
        == "! a is cordoned: 2 attempts running.")
    #expect(
      text.cordonState(Samples.node("a", isCordonedByOperator: true))
        == "! a is cordoned: no attempts running.")
    #expect(text.cordonState(Samples.node("a")) == "✓ a is uncordoned.")
    #expect(
      text.cordonState(Samples.node("a", isOnline: false))
        == "✓ a is uncordoned; it is offline until its worker sends a heartbeat.")
    #expect(text.cordonState(Samples.node("a") { $0.isCordoned = true }).contains("by its manifest"))
    let began = Timestamp(seconds: Samples.now.microseconds / 1_000_000 - 12)
    #expect(text.draining(Samples.node("a", used: 1), since: began) == "a: 1 attempt running  12s")
    #expect(text.drained(Samples.node("a"), since: began) == "✓ a is drained  12s")
  }

  @Test("Escape sequences are used in coloured output only")
  func colour() {
    let text = NodeText(style: .coloured, now: Samples.now)
    #expect(text.list([Samples.node("a")], width: nil).contains("\u{1B}[32monline"))
    #expect(!Samples.nodes.list([Samples.node("a")], width: nil).contains("\u{1B}"))
  }
}
