internal import COpenSSL

/// Computes the SHA-256 of bytes that arrive in parts. Must not be shared between tasks.
package final class RunningDigest {
  private let context: OpaquePointer

  package init() {
    guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
      fatalError("OpenSSL has no SHA-256 or no memory")
    }
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  package func update(_ bytes: UnsafeRawBufferPointer) {
    EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
  }

  /// The digest of all bytes so far. Starts a new digest.
  package func finish() -> Digest {
    var output = [UInt8](repeating: 0, count: 32)
    EVP_DigestFinal_ex(context, &output, nil)
    EVP_DigestInit_ex(context, EVP_sha256(), nil)
    return Digest(sha256: output)
  }
}
