package import Model

/// A record that queries list.
package protocol ListedRecord: JSONRepresentable {
  /// The JSON member with the records.
  static var listName: String { get }
}

/// Records with the time of the answer, which clients compute ages from.
package struct RecordList<Record: ListedRecord>: JSONRepresentable {
  package let now: Timestamp
  package let records: [Record]

  package var value: Value {
    .members(["now": .string(now.description), Record.listName: .array(records.map(\.value))])
  }
}

extension RecordList {
  package init?(_ value: Value) {
    guard let now = value.time(at: "now"), let records = value.list(at: Record.listName, of: Record.self)
    else { return nil }
    self.init(now: now, records: records)
  }
}
