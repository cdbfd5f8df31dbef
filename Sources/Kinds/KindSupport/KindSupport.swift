/// What a module with kinds registers (`Kind`: name, schema, planner, backend, offer, import and export), and
/// what every such module needs: resolving secret references at the moment of use, import and export of
/// manifests, shared field rules.
///
/// Entry file: `Kind.swift`. Must not import a module that owns a kind. Tested through the kinds.
package enum KindSupport {}
