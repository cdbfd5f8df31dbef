package import Model

/// Who works, who rests after a fall, who is to go. A value: it is asked what to do, and told what happened.
package struct ReplicaSlots: Hashable, Sendable {
  package enum Order: Hashable, Sendable {
    case start(Int)
    case stop(Int)
  }

  private enum Post: Hashable, Sendable {
    case idle
    case working(since: Timestamp)
    /// Told to stop, and not gone yet.
    case leaving
    /// It ended by itself.
    case resting(until: Timestamp)
  }

  private var posts: [Post] = []
  /// How often in a row it ended soon after its start, by place.
  private var falls: [Int] = []

  package init() {}

  /// Those that run, also on their way out.
  package var running: Int {
    posts.count { post in
      switch post {
      case .working, .leaving: true
      case .idle, .resting: false
      }
    }
  }

  /// What to do so that the first `wanted` places work. Asking again without news orders nothing again.
  package mutating func orders(wanted: Int, at now: Timestamp) -> [Order] {
    while posts.count < wanted {
      posts.append(.idle)
      falls.append(0)
    }
    var orders: [Order] = []
    for place in posts.indices {
      switch posts[place] {
      case .idle where place < wanted:
        posts[place] = .working(since: now)
        orders.append(.start(place))
      case .resting(let until) where place < wanted && until <= now:
        posts[place] = .working(since: now)
        orders.append(.start(place))
      case .resting where place >= wanted:
        posts[place] = .idle
        falls[place] = 0
      case .working where place >= wanted:
        posts[place] = .leaving
        orders.append(.stop(place))
      case .idle, .working, .leaving, .resting: break
      }
    }
    return orders
  }

  /// It is gone.
  package mutating func ended(_ place: Int, at now: Timestamp) {
    guard posts.indices.contains(place) else { return }
    guard case .working(let since) = posts[place] else {
      posts[place] = .idle
      falls[place] = 0
      return
    }
    falls[place] = now - since >= ReplicaSlots.steady ? 1 : falls[place] + 1
    posts[place] = .resting(until: now + ReplicaSlots.rest(after: falls[place]))
  }

  /// Whoever worked this long did not fall at the start.
  package static let steady = TimeSpan(seconds: 60)

  /// 1 s, then twice as long each time, to a minute.
  package static func rest(after falls: Int) -> TimeSpan {
    TimeSpan(seconds: 1 << Int64(min(max(falls - 1, 0), 6))).atMostAMinute
  }
}

extension TimeSpan {
  fileprivate var atMostAMinute: TimeSpan { min(self, TimeSpan(seconds: 60)) }
}
