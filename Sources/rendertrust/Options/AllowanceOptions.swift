import ArgumentParser
import ControlPlane
import Model

/// The allowances of a person for changes that guards block.
struct AllowanceOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Allow a change that a guard blocks: prune, stateful-replace, last-node, schema-downgrade or "
        + "books-missing, for every resource or for one.", valueName: "rule[=Kind/name]"))
  var allow: [Allowance] = []

  @Flag(name: .long, help: "Allow deleting more than 30 % of the resources; short for --allow prune.")
  var allowPrune = false

  @OptionGroup var approval: ApprovalOptions

  var granted: Set<Allowance> { Set(allow).union(allowPrune ? [Allowance(.prune)] : []) }
}

/// The approval of destructive steps.
struct ApprovalOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Approve the destructive steps of the plan with this digest, and no others.", valueName: "digest")
  )
  var approve: String?

  /// Enough digits to exclude collisions; `Digest.short` has as many.
  private static let minDigits = 12

  func validate() throws {
    guard let approve else { return }
    let isDigest = approve.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    guard isDigest, (ApprovalOptions.minDigits...64).contains(approve.utf8.count) else {
      throw ValidationError(
        "--approve must be the digest that ‘rendertrust plan’ shows, such as 3f2a91c04d1e")
    }
  }
}

extension Allowance: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension Permissions {
  init(_ options: AllowanceOptions) {
    self.init(granted: options.granted, approve: options.approval.approve)
  }

  init(_ options: AllowanceOptions, _ empty: EmptyOption) {
    self.init(options)
    allowsEmpty = empty.allowEmpty
  }
}
