import ArgumentParser
import ControlPlane

/// The confirmation of steps that destroy data.
struct ConfirmationOptions: ParsableArguments {
  @Flag(name: .long, help: "Confirm steps that destroy data without being asked.")
  var yes = false

  var consent: Consent { yes ? .all : .none }
}
