internal import Model

/// The peer's response to an upgrade request, parsed piece by piece.
struct UpgradeResponse {
  private var bytes: [UInt8] = []
  private var head: HTTPHead?
  private(set) var isUpgraded = false
  private var isBroken = false

  private static let maxHeadBytes = 64 << 10
  private static let maxBodyBytes = 64 << 10

  /// Whether the body of a rejection has arrived.
  var isComplete: Bool {
    guard let head, !isUpgraded else { return false }
    guard let length = head.headers["content-length"].flatMap({ Int($0) }) else {
      return bytes.count >= UpgradeResponse.maxBodyBytes
    }
    return bytes.count >= min(max(length, 0), UpgradeResponse.maxBodyBytes)
  }

  /// Returns the bytes that belong to the upgraded stream; nil when the response is not HTTP.
  mutating func receive(_ piece: ArraySlice<UInt8>, peer: String) -> ArraySlice<UInt8>? {
    if isUpgraded { return piece }
    bytes += piece
    guard head == nil else { return [] }
    // Only the new bytes and the three before them can hold the end.
    let from = max(0, bytes.count - piece.count - 3)
    guard let end = UpgradeResponse.end(of: bytes[from...]) else {
      isBroken = bytes.count > UpgradeResponse.maxHeadBytes
      return isBroken ? nil : []
    }
    guard let head = UpgradeResponse.head(bytes[..<end]) else {
      isBroken = true
      return nil
    }
    self.head = head
    bytes.removeFirst(end)
    isUpgraded = head.status == 101 || head.status == 200
    guard isUpgraded else { return [] }
    defer { bytes = [] }
    return bytes[...]
  }

  func complete(peer: String) throws(HTTPError) -> HTTPResponse {
    guard let head, !isBroken else {
      throw HTTPError(.connectionLost, peer: peer, detail: "no response head")
    }
    return HTTPResponse(head: head, body: Array(bytes.prefix(UpgradeResponse.maxBodyBytes)))
  }

  /// The index after the empty line.
  private static func end(of bytes: ArraySlice<UInt8>) -> Int? {
    var index = bytes.startIndex
    while index + 4 <= bytes.endIndex {
      if bytes[index] == 13, bytes[index + 1] == 10, bytes[index + 2] == 13, bytes[index + 3] == 10 {
        return index + 4
      }
      index += 1
    }
    return nil
  }

  private static func head(_ bytes: ArraySlice<UInt8>) -> HTTPHead? {
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
    guard let first = lines.first, first.hasPrefix("HTTP/1.") else { return nil }
    let words = first.split(separator: " ")
    guard words.count > 1, let status = Int(words[1]), (100..<600).contains(status) else { return nil }
    var headers = HTTPHeaders()
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
      headers.append(String(line[..<colon]), String(value))
    }
    return HTTPHead(status: status, headers: headers)
  }
}
