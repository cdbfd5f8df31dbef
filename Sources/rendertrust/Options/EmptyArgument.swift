/// An empty argument of a command line. It comes from a variable of the shell that is not set, and would
/// otherwise be an idempotency key, a name or a path that is shared by all such commands.
enum EmptyArgument {
  /// Options whose empty value means the same as no option.
  private static let optional: Set<String> = ["--reason"]

  /// - Parameter arguments: without the name of the program.
  /// - Returns: nil if no argument is empty.
  static func problem(in arguments: some Sequence<String>) -> String? {
    var previous = ""
    for argument in arguments {
      var option = previous
      if argument.hasPrefix("--"), argument.last == "=" { option = String(argument.dropLast()) }
      if argument.isEmpty || option != previous, !optional.contains(option) {
        return option.hasPrefix("-") && option != "--"
          ? "\(option) must not be empty"
          : "an argument is empty: the variable of the shell may not be set"
      }
      previous = argument
    }
    return nil
  }
}
