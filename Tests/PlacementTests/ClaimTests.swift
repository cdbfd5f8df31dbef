import Model
import Placement
import Testing

@Suite struct ClaimTests {
  private func index(gpuUsed: [Int64]) -> FleetIndex {
    var node = FleetNode(id: 1, name: "edge-1", cores: 4000, slots: 3, memory: 16)
    node.gpuMemory = 24
    node.gpuUsed = gpuUsed
    var index = FleetIndex()
    index.update(node)
    return index
  }

  private func needs(gpuMemory: Int64, cores: Int64 = 1000) -> WorkNeeds {
    WorkNeeds(jobType: "echo", image: "i1", compute: .of(gpuMemory: gpuMemory, cores: cores))
  }

  @Test("A claim takes the GPU with the least sufficient memory, then the first")
  func tightest() {
    var index = index(gpuUsed: [0, 12, 12, 20])
    let first = index.claim(1, needs(gpuMemory: 10))
    let second = index.claim(1, needs(gpuMemory: 10))
    let third = index.claim(1, needs(gpuMemory: 20))
    #expect([first?.gpu, second?.gpu, third?.gpu] == [1, 2, 0])
    #expect(index[1]?.gpuUsed == [20, 22, 22, 20])
    #expect(index[1]?.slotsUsed == 3)
    #expect(index[1]?.coresUsed == 3000)
  }

  @Test("A claim that does not fit changes nothing")
  func tooLarge() {
    var index = index(gpuUsed: [20])
    let before = index[1]
    let claims = [
      index.claim(1, needs(gpuMemory: 5)), index.claim(1, needs(gpuMemory: 0, cores: 4001)),
      index.claim(2, needs(gpuMemory: 0)),
    ]
    #expect(claims == [nil, nil, nil])
    #expect(index[1] == before)
  }

  @Test("A release reverses the claim, and no figure falls below 0")
  func release() {
    var index = index(gpuUsed: [3])
    let before = index[1]
    let claim = index.claim(1, needs(gpuMemory: 8))
    index.release(
      1, Claim(gpu: claim?.gpu, gpuMemory: needs(gpuMemory: 8).gpuMemory, cores: needs(gpuMemory: 8).cores))
    #expect(index[1] == before)
    index.release(
      1, Claim(gpu: 0, gpuMemory: needs(gpuMemory: 8).gpuMemory, cores: needs(gpuMemory: 8).cores))
    index.release(
      2, Claim(gpu: 0, gpuMemory: needs(gpuMemory: 8).gpuMemory, cores: needs(gpuMemory: 8).cores))
    index.release(
      1, Claim(gpu: 7, gpuMemory: needs(gpuMemory: 8).gpuMemory, cores: needs(gpuMemory: 8).cores))
    #expect(index[1]?.gpuUsed == [0])
    #expect(index[1]?.slotsUsed == 0)
    #expect(index[1]?.coresUsed == 0)
  }

  @Test("Nodes are found by id and by name, also after they were renamed and removed")
  func names() {
    var index = index(gpuUsed: [])
    #expect(index.node(named: "edge-1")?.id == 1)
    index.update(FleetNode(id: 1, name: "edge-9", cores: 1, slots: 1, memory: 1))
    index.update(FleetNode(id: 2, name: "edge-1", cores: 1, slots: 1, memory: 1))
    #expect(index.node(named: "edge-1")?.id == 2)
    #expect(index.node(named: "edge-9")?.id == 1)
    index.remove(1)
    #expect(index.node(named: "edge-9") == nil)
    #expect(index[1] == nil)
    #expect(index.count == 1)
  }
}
