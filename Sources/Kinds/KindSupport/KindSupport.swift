/// What a room of `Components` hands to the house: its kinds, each with schema, planner and backend.
///
/// Entry file: `Kind.swift`. This target knows the layers below components and no component. It holds what every room
/// needs and none owns, such as resolving secret references at the last moment.
package enum KindSupport {}
