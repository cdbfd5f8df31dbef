import ArgumentParser
import ControlPlane
import Model
import Reconciling

struct Events: QueryCommand {
  static let configuration = CommandConfiguration(abstract: "List events, newest last.")

  @OptionGroup var options: RecordListOptions

  var connection: ConnectionOptions { options.scope.connection }

  func query() -> EventsQuery {
    EventsQuery(environment: options.scope.name, resource: options.resource, limit: options.limit)
  }

  func write(_ list: RecordList<Event>) {
    let events = Array(list.records.reversed())
    options.output.write(.array(events.map(\.value))) {
      var table = Table(["AGE", "RESOURCE", "REASON", "MESSAGE"])
      for event in events {
        table.add([
          (list.now - event.at).ago, event.id?.description ?? "–", event.reason.rawValue, event.message,
        ])
      }
      return Output.text(of: table) { cell, row, column in
        column == 2 && events[row].isWarning ? Output.style.yellow(cell) : cell
      }
    }
  }
}

extension ResourceID: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}
