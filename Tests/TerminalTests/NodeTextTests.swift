import JobModel
import Model
import Planning
import Testing

@testable import rendertrust

/// What people read about nodes.
struct NodeTextTests {
  @Test("A list: what is in use of what there is")
  func list() {
    let nodes = [
      Samples.node("dev-cpu-1", isHeld: true),
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
        NODE       STATUS                         SLOTS  CORES   GPU MEMORY  ROUND TRIP  HEARD  OWNER  POOL
        dev-cpu-1  online, cordoned               0/2    0/2     –           0.4 ms      3s     ada    –
        dev-gpu-1  online                         1/2    0.25/2  12Gi/12Gi   0.4 ms      3s     ada    –
        dev-gpu-2  offline, cordoned by manifest  0/2    0/2     –           –           never  ada    overflow

        """)
  }

  @Test("What follows from closing and opening a node")
  func holding() {
    let text = Samples.nodes
    #expect(
      text.held(Samples.node("a", used: 2, isHeld: true))
        == "! a is cordoned: nothing new comes, 2 attempts go on.")
    #expect(
      text.held(Samples.node("a", isHeld: true)) == "! a is cordoned: nothing new comes, nothing runs there.")
    #expect(text.held(Samples.node("a")) == "✓ a takes work again.")
    #expect(
      text.held(Samples.node("a", isOnline: false))
        == "✓ a takes work again, once its worker is heard of.")
    #expect(text.held(Samples.node("a") { $0.isCordoned = true }).contains("by its manifest"))
    let began = Timestamp(seconds: Samples.now.microseconds / 1_000_000 - 12)
    #expect(text.draining(Samples.node("a", used: 1), since: began) == "a: 1 attempt left  12s")
    #expect(text.drained(Samples.node("a"), since: began) == "✓ a is drained: nothing runs there  12s")
  }

  @Test("What steers a terminal is painted only where it is asked for")
  func colour() {
    let text = NodeText(style: .coloured, now: Samples.now)
    #expect(text.list([Samples.node("a")], width: nil).contains("\u{1B}[32monline"))
    #expect(!Samples.nodes.list([Samples.node("a")], width: nil).contains("\u{1B}"))
  }
}
