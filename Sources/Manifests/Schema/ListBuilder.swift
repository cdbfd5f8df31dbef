/// Collects what a block declares, one element a line: the fields of an object, the cases of a sum type.
@resultBuilder
package enum ListBuilder<Element> {
  package static func buildExpression(_ element: Element) -> [Element] { [element] }
  package static func buildBlock(_ elements: [Element]...) -> [Element] { elements.flatMap { $0 } }
}
