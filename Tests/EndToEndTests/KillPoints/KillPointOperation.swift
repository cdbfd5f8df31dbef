import Billing
import ContainerSupport
import Databases
import Delivery
import Ledger
import Model
import Nodes
import Recovery
import SchedulerKind

/// An operation of a kind without its parameters.
struct KillPointOperation: Hashable, Comparable, CustomStringConvertible {
  let kind: String
  let name: String

  var description: String { "\(kind) \(name)" }

  static func < (a: Self, b: Self) -> Bool { (a.kind, a.name) < (b.kind, b.name) }

  init(_ kind: String, _ name: String) {
    self.kind = kind
    self.name = name
  }

  init(_ operation: any StepOperation, of kind: String) {
    let name =
      switch operation {
      case let operation as DatabaseOperation: DatabaseCase(operation).rawValue
      case let operation as ContainerOperation: ContainerCase(operation).rawValue
      case let operation as LedgerOperation: LedgerCase(operation).rawValue
      case let operation as PriceMapOperation: PriceMapCase(operation).rawValue
      case let operation as SchedulerOperation: SchedulerCase(operation).rawValue
      case let operation as NodeOperation: NodeCase(operation).rawValue
      case let operation as EnvironmentOperation: EnvironmentCase(operation).rawValue
      case let operation as BackupPolicyOperation: BackupPolicyCase(operation).rawValue
      default: "an operation without a kill point: \(type(of: operation))"
      }
    self.init(kind, name)
  }

  /// The system that its steps change.
  var drivenSystem: KillSwitch.Victim {
    ["Service", "Module", "Node"].contains(kind) ? .docker : .postgres
  }

  /// Every operation of every kind. A service has one container, which is never drained and always stopped
  /// before its replacement; a module has no host ports and starts the replacement first.
  static let all: Set<KillPointOperation> = {
    func operations<Case: CaseIterable & RawRepresentable<String>>(
      _ kind: String, _ cases: Case.Type, without excluded: Set<String> = []
    ) -> [KillPointOperation] {
      cases.allCases.map(\.rawValue).filter { !excluded.contains($0) }.map { KillPointOperation(kind, $0) }
    }
    return Set(
      operations("Database", DatabaseCase.self)
        + operations(
          "Service", ContainerCase.self, without: ["replaceAfter", "createBeside", "drain", "release"])
        + operations("Module", ContainerCase.self, without: ["replaceBefore", "stop"])
        + operations("Ledger", LedgerCase.self) + operations("PriceMap", PriceMapCase.self)
        + operations("Scheduler", SchedulerCase.self) + operations("Node", NodeCase.self)
        + operations("Environment", EnvironmentCase.self)
        + operations("BackupPolicy", BackupPolicyCase.self))
  }()
}

// A new operation does not compile here until it has a case, and then needs a scenario.

private enum DatabaseCase: String, CaseIterable {
  case createDatabase, recordOwner, renameDatabase, migrate, createRole, recordOwnerOfRole, setLogin, grant
  case dropRole, dropDatabase

  init(_ operation: DatabaseOperation) {
    self =
      switch operation {
      case .createDatabase: .createDatabase
      case .recordOwner: .recordOwner
      case .renameDatabase: .renameDatabase
      case .migrate: .migrate
      case .createRole: .createRole
      case .recordOwnerOfRole: .recordOwnerOfRole
      case .setLogin: .setLogin
      case .grant: .grant
      case .dropRole: .dropRole
      case .dropDatabase: .dropDatabase
      }
  }
}

private enum ContainerCase: String, CaseIterable {
  case create, replaceAfter, replaceBefore, start, update, connect, remove, createBeside, drain, release
  case stop

  init(_ operation: ContainerOperation) {
    self =
      switch operation {
      case .create: .create
      case .replaceAfter: .replaceAfter
      case .replaceBefore: .replaceBefore
      case .start: .start
      case .update: .update
      case .connect: .connect
      case .remove: .remove
      case .createBeside: .createBeside
      case .drain: .drain
      case .release: .release
      case .stop: .stop
      }
  }
}

private enum LedgerCase: String, CaseIterable {
  case open, rename, installTriggers, openAccounts, record, expire, export, close

  init(_ operation: LedgerOperation) {
    self =
      switch operation {
      case .open: .open
      case .rename: .rename
      case .installTriggers: .installTriggers
      case .openAccounts: .openAccounts
      case .record: .record
      case .expire: .expire
      case .export: .export
      case .close: .close
      }
  }
}

private enum PriceMapCase: String, CaseIterable {
  case write, rename, leave

  init(_ operation: PriceMapOperation) {
    self =
      switch operation {
      case .write: .write
      case .rename: .rename
      case .leave: .leave
      }
  }
}

private enum SchedulerCase: String, CaseIterable {
  case record, rename, openAccounts, recordNodes, recordModules, retire, write, remove, leave

  init(_ operation: SchedulerOperation) {
    self =
      switch operation {
      case .record: .record
      case .rename: .rename
      case .openAccounts: .openAccounts
      case .recordNodes: .recordNodes
      case .recordModules: .recordModules
      case .retire: .retire
      case .write: .write
      case .remove: .remove
      case .leave: .leave
      }
  }
}

private enum NodeCase: String, CaseIterable {
  case register, unregister

  init(_ operation: NodeOperation) {
    self =
      switch operation {
      case .register: .register
      case .unregister: .unregister
      }
  }
}

private enum EnvironmentCase: String, CaseIterable {
  case record, remove

  init(_ operation: EnvironmentOperation) {
    self =
      switch operation {
      case .record: .record
      case .remove: .remove
      }
  }
}

private enum BackupPolicyCase: String, CaseIterable {
  case createStanza, recordOwner, archive, backUp, expire, stopArchiving

  init(_ operation: BackupPolicyOperation) {
    self =
      switch operation {
      case .createStanza: .createStanza
      case .recordOwner: .recordOwner
      case .archive: .archive
      case .backUp: .backUp
      case .expire: .expire
      case .stopArchiving: .stopArchiving
      }
  }
}
