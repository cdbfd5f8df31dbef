import Testing

/// One after the other: each has a database of its own.
@Suite(.serialized) enum JobTests {}
