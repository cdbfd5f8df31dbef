internal import Hummingbird

/// Everything that listens.
package enum Gateway {}
