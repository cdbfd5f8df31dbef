/// Concurrency tools that no single driver owns.
///
/// `GroupCommit` lets concurrent calls share one transaction, `AsyncSemaphore` bounds how many tasks run at
/// once, `UncancellableTask` finishes short work after its task was cancelled, and `RestartBackoff` spaces
/// the restarts of a child.
///
/// Imports nothing of this project. Tested in `Tests/ConcurrencyTests`.
package enum Concurrency {}
