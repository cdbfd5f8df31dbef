/// Generated refactorings of manifests, with what must survive each of them.
///
/// `StateGenerator` draws a valid state of all kinds with a token in every part that contains data.
/// `RefactoringGenerator` derives a second state by one to three changes, and moves the tokens as the
/// documentation of the kinds promises. The expectation does not depend on the program: it follows from the
/// changes alone. `SimulationSupport` runs refactorings in simulated worlds, `EndToEndTests` with the built
/// program on real systems.
///
/// Entry file: `RefactoringGenerator.swift`. Imports `Model` and `RandomSupport` only.
enum RefactoringSupport {}
