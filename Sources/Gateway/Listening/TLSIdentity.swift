internal import NIOSSL

/// Who a server is, to those that connect with TLS 1.2 or later.
package struct TLSIdentity: Sendable {
  let configuration: TLSConfiguration

  /// - Parameters:
  ///   - certificateFile: PEM: the server's certificate, then those that vouch for it.
  ///   - keyFile: PEM: the private key of the first certificate.
  /// - Throws: when a file is not there, cannot be read or does not fit.
  package init(certificateFile: String, keyFile: String) throws(TLSIdentityError) {
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
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    configuration.minimumTLSVersion = .tlsv12
    do {
      _ = try NIOSSLContext(configuration: configuration)
    } catch {
      throw TLSIdentityError(
        "the key in \(keyFile) is not that of the first certificate in \(certificateFile)")
    }
    self.configuration = configuration
  }
}

/// Why a server cannot say who it is.
package struct TLSIdentityError: Error, Hashable, Sendable, CustomStringConvertible {
  package let description: String
  init(_ description: String) { self.description = description }
}
