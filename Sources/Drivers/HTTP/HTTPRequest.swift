package import Model

/// One request. Its description leaves out headers, body and query, any of which may hold secrets.
package struct HTTPRequest: Sendable, CustomStringConvertible {
  package var method: HTTPMethod
  /// `http://` or `https://`; with `unixSocket` the host only fills the `Host` header.
  package var url: String
  package var headers: [HTTPRequestHeader] = []
  package var body: [UInt8] = []
  /// Sent instead of `body`, and read while it is sent; for `put` and `post`.
  package var fileBody: HTTPFileBody?
  /// Path of a Unix socket to connect to instead of the URL's host.
  package var unixSocket: String?
  package var connectTimeout: Duration = .seconds(10)
  /// From start to last byte; nil for streams and for requests without a time limit.
  package var totalTimeout: Duration? = .seconds(60)
  package var followRedirects = false
  /// `send` fails with `tooLarge` beyond this many bytes. Streams have no limit: their reader decides.
  package var maximumResponseBytes = 64 << 20
  package var tls = TLSOptions()
  package var signing: AWSSigning?

  package init(_ method: HTTPMethod = .get, _ url: String, unixSocket: String? = nil) {
    self.method = method
    self.url = url
    self.unixSocket = unixSocket
  }

  package mutating func add(_ name: String, _ value: String) {
    headers.append(HTTPRequestHeader(name, value))
  }

  package mutating func add(_ name: String, _ value: Secret) {
    headers.append(HTTPRequestHeader(name, value))
  }

  package var description: String {
    let target = url.prefix { $0 != "?" && $0 != "#" }
    return "\(method.rawValue) \(HTTPRequest.withoutUserInfo(String(target)))"
  }

  /// The peer for errors: `unix:///run/x.sock` or `host:port`, never with a user or password.
  package var peer: String {
    if let unixSocket { return "unix://\(unixSocket)" }
    guard let scheme = url.range(ofASCII: "://") else { return "an unreadable address" }
    let authority = url[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    return String(authority.split(separator: "@").last ?? "")
  }

  private static func withoutUserInfo(_ url: String) -> String {
    guard let scheme = url.range(ofASCII: "://") else { return url }
    let rest = url[scheme.upperBound...]
    let authority = rest.prefix { $0 != "/" }
    guard let at = authority.lastIndex(of: "@") else { return url }
    return String(url[..<scheme.upperBound] + rest[rest.index(after: at)...])
  }
}

/// A part of a file, as a request's body. The file must not change while it is sent: a part that ends early
/// fails.
package struct HTTPFileBody: Sendable, Hashable {
  package let path: String
  package let offset: Int64
  package let length: Int64

  package init(path: String, offset: Int64 = 0, length: Int64) {
    self.path = path
    self.offset = offset
    self.length = length
  }
}

/// A header to send. Its value is a `Secret`, revealed to libcurl only.
package struct HTTPRequestHeader: Sendable {
  package let name: String
  package let value: Secret

  package init(_ name: String, _ value: String) { self.init(name, Secret(value)) }
  package init(_ name: String, _ value: Secret) {
    self.name = name
    self.value = value
  }
}

/// Files in PEM form; nil means the system's authorities and no client certificate. Peers are always
/// verified.
package struct TLSOptions: Sendable, Hashable {
  package var authorityFile: String?
  package var certificateFile: String?
  package var keyFile: String?

  package init(authorityFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil) {
    self.authorityFile = authorityFile
    self.certificateFile = certificateFile
    self.keyFile = keyFile
  }
}

/// AWS Signature version 4, as S3 and compatible stores verify it.
package struct AWSSigning: Sendable {
  package let region: String
  package let service: String
  package let accessKey: String
  package let secretKey: Secret

  package init(region: String, service: String = "s3", accessKey: String, secretKey: Secret) {
    self.region = region
    self.service = service
    self.accessKey = accessKey
    self.secretKey = secretKey
  }
}

extension String {
  /// The first occurrence of an ASCII string, without Foundation.
  fileprivate func range(ofASCII needle: String) -> Range<String.Index>? {
    var start = startIndex
    while start != endIndex {
      if self[start...].hasPrefix(needle) {
        return start..<index(start, offsetBy: needle.count)
      }
      start = index(after: start)
    }
    return nil
  }
}
