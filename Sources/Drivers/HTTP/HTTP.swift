// HTTP: requests to other systems, over TCP, TLS and Unix sockets, on libcurl's multi interface.
//
// Entry file: `HTTPClient.swift`. A client owns one thread that runs all its transfers (`TransferLoop`), so
// no blocking call reaches the cooperative pool; the state of a transfer is a value (`TransferState`) whose
// methods return what to do next. Connections are kept alive and reused. Cancelling the Swift task aborts the
// transfer. Knows no service and no format: status codes are returned, not thrown.
//
// Must not import Foundation or any module of this package but `Model` and `CLibCurl`. Tested in
// `Tests/HTTPTests` against a small server on loopback and on Unix sockets.

package enum HTTPMethod: String, Sendable, Hashable {
  case get = "GET"
  case head = "HEAD"
  case post = "POST"
  case put = "PUT"
  case patch = "PATCH"
  case delete = "DELETE"
}

/// The names and values of a response's headers, in the order received.
package struct HTTPHeaders: Sendable, Hashable {
  package private(set) var fields: [Field] = []

  package struct Field: Sendable, Hashable {
    package let name: String
    package let value: String
  }

  package init() {}

  package mutating func append(_ name: String, _ value: String) {
    fields.append(Field(name: name, value: value))
  }

  /// The first value of a header, whatever the case of its name; nil when there is none.
  package subscript(_ name: String) -> String? {
    let wanted = name.lowercased()
    return fields.first { $0.name.lowercased() == wanted }?.value
  }
}

/// Status and headers: the part of a response that precedes the body.
package struct HTTPHead: Sendable, Hashable {
  package let status: Int
  package let headers: HTTPHeaders

  package init(status: Int, headers: HTTPHeaders) {
    self.status = status
    self.headers = headers
  }
}

package struct HTTPResponse: Sendable, Hashable {
  package let head: HTTPHead
  package let body: [UInt8]

  package var status: Int { head.status }
  package var headers: HTTPHeaders { head.headers }
  /// The body as text; bytes that are not UTF-8 are replaced.
  package var text: String { String(decoding: body, as: UTF8.self) }
}
