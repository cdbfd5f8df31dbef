extension FieldRule where Value == String {
  /// An account, written `account/name`.
  package static var account: FieldRule {
    .pattern(
      "account/[a-z0-9]([a-z0-9-]*[a-z0-9])?", "an account such as `account/ada`", examples: ["account/ada"])
  }
}
