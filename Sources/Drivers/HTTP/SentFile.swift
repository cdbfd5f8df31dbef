import CLibCurl
import Glibc

/// A part of a file that is being sent. Used by the loop's thread only. Reading blocks that thread, so the
/// file must be on a local disk.
final class SentFile {
  private let descriptor: Int32
  private let body: HTTPFileBody
  private var sent: Int64 = 0

  /// Nil when the file cannot be opened; `errno` has the reason.
  init?(_ body: HTTPFileBody) {
    descriptor = open(body.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    self.body = body
  }

  deinit { close(descriptor) }

  /// The handle must be reset before this object is released.
  func attach(to handle: UnsafeMutableRawPointer) {
    let context = Unmanaged.passUnretained(self).toOpaque()
    rt_curl_set_offset(handle, CURLOPT_INFILESIZE_LARGE, curl_off_t(body.length))
    rt_curl_set_pointer(handle, CURLOPT_READDATA, context)
    rt_curl_set_data_function(handle, CURLOPT_READFUNCTION) { buffer, size, count, context in
      guard let buffer, let context else { return Int(CURL_READFUNC_ABORT) }
      return Unmanaged<SentFile>.fromOpaque(context).takeUnretainedValue().read(into: buffer, size * count)
    }
    // When a kept connection proves dead, libcurl starts again on another one.
    rt_curl_set_pointer(handle, CURLOPT_SEEKDATA, context)
    rt_curl_set_seek_function(handle) { context, offset, origin in
      guard let context, origin == SEEK_SET else { return CURL_SEEKFUNC_FAIL }
      Unmanaged<SentFile>.fromOpaque(context).takeUnretainedValue().sent = Int64(offset)
      return CURL_SEEKFUNC_OK
    }
  }

  private func read(into buffer: UnsafeMutablePointer<CChar>, _ capacity: Int) -> Int {
    let wanted = Int(min(Int64(capacity), body.length - sent))
    guard wanted > 0 else { return 0 }
    while true {
      let count = pread(descriptor, buffer, wanted, off_t(body.offset + sent))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return Int(CURL_READFUNC_ABORT) }
      sent += Int64(count)
      return count
    }
  }
}
