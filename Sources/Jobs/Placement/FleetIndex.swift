package import Model

/// The whole fleet, held so that a selection touches only what it must: an array for each figure that nodes are compared by,
/// and sets of nodes for what jobs ask. Nodes are told to it one by one, by heartbeats and by claims; nothing is rebuilt for
/// a job.
///
/// A value that is changed in place. It knows no clock and waits for nothing; whoever keeps it says when it is.
package struct FleetIndex: Sendable {
  /// Different needs whose view of the fleet is kept. The one that was not asked for longest makes way; a view of 100,000
  /// nodes takes 150 kB.
  package static let viewLimit = 128

  // Each node has a place in all arrays and sets until it is removed; then the place is free.
  var nodes: [FleetNode] = []
  var places: [Int64: Int] = [:]
  private var placesByName: [String: Int] = [:]
  private var free: [Int] = []

  /// Microseconds, without the start of a cold image.
  var latencies: [UInt32] = []
  var nameKeys: [NameKey] = []
  var cordoned = BitSet()
  var presence = NodePresence()
  var earnings = NodeEarnings()
  var views: [NeedsView] = []
  private var viewPlaces: [WorkNeeds: Int] = [:]
  private var selections: UInt64 = 0
  var front = ParetoFrontier()

  package init() {}

  package var count: Int { places.count }

  package subscript(id: Int64) -> FleetNode? { places[id].map { nodes[$0] } }

  package func node(named name: String) -> FleetNode? { placesByName[name].map { nodes[$0] } }

  /// Inserts a node, or replaces the one with its id.
  package mutating func update(_ node: FleetNode) {
    let place: Int
    var isJudged = false
    if let known = places[node.id] {
      place = known
      isJudged = nodes[place].standsLike(node)
      if nodes[place].name != node.name { forgetName(of: place) }
    } else {
      place = free.popLast() ?? addPlace(node)
      places[node.id] = place
    }
    placesByName[node.name] = place
    nameKeys[place] = NameKey(node.name)
    cordoned.set(place, node.isCordoned)
    nodes[place] = node
    latencies[place] = UInt32(Estimate.latency(of: node))
    presence.heard(place, at: node.lastHeartbeatAt)
    earnings.set(Estimate.rate(of: node), at: place)
    let room = NodeCapacity(node)
    for view in views.indices {
      if isJudged { views[view].note(room, at: place) } else { views[view].judge(node, at: place) }
    }
  }

  package mutating func remove(_ id: Int64) {
    guard let place = places.removeValue(forKey: id) else { return }
    forgetName(of: place)
    nodes[place] = FleetNode(id: 0, name: "", cores: 0, slots: 0, memory: 0)
    presence.heard(place, at: nil)
    earnings.set(0, at: place)
    for view in views.indices { views[view].clear(place) }
    free.append(place)
  }

  /// A sign of life. Of a node that is not known nothing is kept.
  package mutating func heartbeat(_ id: Int64, at time: Timestamp, roundTripMicroseconds: Int64) {
    guard let place = places[id] else { return }
    nodes[place].lastHeartbeatAt = time
    nodes[place].roundTripMicroseconds = roundTripMicroseconds
    latencies[place] = UInt32(Estimate.latency(of: nodes[place]))
    presence.heard(place, at: time)
  }

  /// The view of jobs that ask for the same, apart from `avoided`; made where there is none yet.
  mutating func view(of needs: WorkNeeds) -> Int {
    var needs = needs
    if !needs.avoided.isEmpty { needs.avoided = [] }
    selections += 1
    if let view = viewPlaces[needs] {
      views[view].lastUse = selections
      return view
    }
    var made = NeedsView(needs, lastUse: selections)
    made.grow(to: nodes.count)
    for place in nodes.indices { made.judge(nodes[place], at: place) }
    for place in free { made.clear(place) }
    guard views.count >= FleetIndex.viewLimit,
      let oldest = views.indices.min(by: { views[$0].lastUse < views[$1].lastUse })
    else {
      viewPlaces[needs] = views.count
      views.append(made)
      return views.count - 1
    }
    viewPlaces[views[oldest].needs] = nil
    viewPlaces[needs] = oldest
    views[oldest] = made
    return oldest
  }

  private mutating func addPlace(_ node: FleetNode) -> Int {
    nodes.append(node)
    latencies.append(0)
    nameKeys.append(NameKey(""))
    cordoned.grow(to: nodes.count)
    presence.grow(to: nodes.count)
    earnings.grow(to: nodes.count)
    for view in views.indices { views[view].grow(to: nodes.count) }
    return nodes.count - 1
  }

  private mutating func forgetName(of place: Int) {
    if placesByName[nodes[place].name] == place { placesByName[nodes[place].name] = nil }
  }
}

extension FleetNode {
  /// Whether all standing filters judge both alike.
  fileprivate func standsLike(_ other: FleetNode) -> Bool {
    name == other.name && isOverflow == other.isOverflow && isRootless == other.isRootless
      && memory == other.memory && gpuMemory == other.gpuMemory && gpuUsed.isEmpty == other.gpuUsed.isEmpty
      && cores == other.cores && canPull == other.canPull && labels == other.labels
      && jobTypes == other.jobTypes && images == other.images
  }
}
