package import Model
internal import NIOCore
internal import NIOSSL
internal import Synchronization

/// The certificate and key of a server, for TLS 1.2 and later.
package struct TLSIdentity: Sendable {
  private let certificateFile: String
  private let keyFile: String
  private let current: Current

  /// The files for new connections.
  private final class Current: Sendable {
    let files: Mutex<Files>
    init(_ files: Files) { self.files = Mutex(files) }
  }

  private struct Files: Sendable {
    let chain: [NIOSSLCertificateSource]
    let key: NIOSSLPrivateKeySource
  }

  /// - Parameters:
  ///   - certificateFile: PEM: the server's certificate, then the intermediate certificates.
  ///   - keyFile: PEM: the private key of the first certificate.
  /// - Throws: When a file is missing, unreadable or does not match the other.
  package init(certificateFile: String, keyFile: String) throws(TLSIdentityError) {
    self.certificateFile = certificateFile
    self.keyFile = keyFile
    current = Current(try TLSIdentity.read(certificateFile, keyFile))
  }

  /// Reads the files again, for new connections; open connections are unaffected.
  /// - Throws: The errors of `init`; the former files stay in use then.
  package func reload() throws(TLSIdentityError) {
    let files = try TLSIdentity.read(certificateFile, keyFile)
    current.files.withLock { $0 = files }
  }

  var configuration: TLSConfiguration {
    let current = current
    var configuration = TLSIdentity.configuration(current.files.withLock { $0 })
    configuration.sslContextCallback = { _, promise in
      let files = current.files.withLock { $0 }
      var override = NIOSSLContextConfigurationOverride()
      override.certificateChain = files.chain
      override.privateKey = files.key
      promise.succeed(override)
    }
    return configuration
  }

  private static func configuration(_ files: Files) -> TLSConfiguration {
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: files.chain, privateKey: files.key)
    configuration.minimumTLSVersion = .tlsv12
    return configuration
  }

  private static func read(_ certificateFile: String, _ keyFile: String) throws(TLSIdentityError) -> Files {
    let chain: [NIOSSLCertificate]
    let key: NIOSSLPrivateKey
    let bytes = try FileBytes.read(certificateFile, what: "certificate")
    do {
      chain = try NIOSSLCertificate.fromPEMBytes(bytes)
    } catch {
      throw TLSIdentityError("\(certificateFile) holds no certificate in PEM")
    }
    guard !chain.isEmpty else {
      throw TLSIdentityError("\(certificateFile) holds no certificate in PEM")
    }
    let secret = try FileBytes.read(keyFile, what: "key")
    do {
      key = try NIOSSLPrivateKey(bytes: secret, format: .pem)
    } catch {
      throw TLSIdentityError("\(keyFile) holds no private key in PEM without a passphrase")
    }
    let files = Files(chain: chain.map { .certificate($0) }, key: .privateKey(key))
    do {
      _ = try NIOSSLContext(configuration: configuration(files))
    } catch {
      throw TLSIdentityError(
        "the key in \(keyFile) is not that of the first certificate in \(certificateFile)")
    }
    return files
  }
}

/// The certificate or key of a server cannot be used.
package enum TLSIdentityErrorCode: String, ProblemCode {
  case unusable

  package static let domain = "tls"
}

package typealias TLSIdentityError = Problem<TLSIdentityErrorCode>

extension TLSIdentityError {
  init(_ message: String) { self.init(.unusable, message) }
}
