import CLibCurl
import Glibc
import Model

/// libcurl's handle of one transfer, with the memory that it needs. Used by the loop's thread only.
final class EasyHandle {
  let pointer: UnsafeMutableRawPointer
  private let errorText: UnsafeMutablePointer<CChar>
  private var headerList: UnsafeMutablePointer<curl_slist>?
  /// The open file of a body that is being sent.
  private var file: SentFile?

  /// Nil when there is no memory.
  init?() {
    guard let handle = curl_easy_init() else { return nil }
    pointer = handle
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
  }

  /// Removes everything of the last transfer, secrets included; the handle may be used again.
  func clear() {
    curl_easy_reset(pointer)
    curl_slist_free_all(headerList)
    headerList = nil
    file = nil
    errorText[0] = 0
  }

  /// Frees all memory; the handle must not be used afterwards.
  func free() {
    curl_easy_cleanup(pointer)
    curl_slist_free_all(headerList)
    headerList = nil
    errorText.deallocate()
  }

  /// Configures the handle; the transfer must outlive the handle's work. Returns the error in the request, if
  /// any.
  func prepare(for transfer: Transfer) -> HTTPError? {
    let request = transfer.request
    func invalid(_ detail: String) -> HTTPError {
      HTTPError(.invalidRequest, peer: request.peer, detail: detail)
    }
    guard !request.url.utf8.contains(where: { $0 <= 32 || $0 == 127 }) else {
      return invalid("space in the URL")
    }
    errorText[0] = 0
    set(CURLOPT_ERRORBUFFER, pointer: errorText)
    set(CURLOPT_NOSIGNAL, 1)
    // libcurl's own sockets survive `exec`: a program started meanwhile would keep the connection open.
    rt_curl_set_open_socket(pointer) { _, _, address in
      guard let address = address?.pointee else { return CURL_SOCKET_BAD }
      return socket(address.family, address.socktype | Int32(SOCK_CLOEXEC.rawValue), address.protocol)
    }
    guard set(CURLOPT_PROTOCOLS_STR, "http,https"), set(CURLOPT_URL, request.url) else {
      return invalid("URL was not accepted")
    }
    if let socket = request.unixSocket {
      guard set(CURLOPT_UNIX_SOCKET_PATH, socket) else { return invalid("socket path too long") }
    }
    if request.unixSocket != nil || EasyHandle.isLoopback(request.peer) { set(CURLOPT_PROXY, "") }
    set(CURLOPT_CONNECTTIMEOUT_MS, EasyHandle.milliseconds(request.connectTimeout))
    if let total = request.totalTimeout { set(CURLOPT_TIMEOUT_MS, EasyHandle.milliseconds(total)) }
    if request.followRedirects {
      set(CURLOPT_FOLLOWLOCATION, 1)
      set(CURLOPT_MAXREDIRS, 10)
    }
    // A signature covers the path exactly as written.
    if request.signing != nil { set(CURLOPT_PATH_AS_IS, 1) }
    if let body = request.fileBody {
      guard let file = SentFile(body) else {
        return invalid("the file to send cannot be read: errno \(errno)")
      }
      self.file = file
      set(CURLOPT_UPLOAD, 1)
      set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
      file.attach(to: pointer)
    } else {
      setMethodAndBody(request)
    }
    if let error = setHeaders(request) { return error }
    setSecurity(request)
    let context = Unmanaged.passUnretained(transfer).toOpaque()
    set(CURLOPT_PRIVATE, pointer: context)
    set(CURLOPT_HEADERDATA, pointer: context)
    set(CURLOPT_WRITEDATA, pointer: context)
    rt_curl_set_data_function(pointer, CURLOPT_HEADERFUNCTION) { data, size, count, context in
      guard let data, let context else { return 0 }
      let line = UnsafeRawBufferPointer(start: data, count: size * count)
      Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().receiveHeader(line)
      return line.count
    }
    rt_curl_set_data_function(pointer, CURLOPT_WRITEFUNCTION) { data, size, count, context in
      guard let data, let context else { return 0 }
      let bytes = UnsafeRawBufferPointer(start: data, count: size * count)
      switch Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().receiveBody(bytes) {
      case .accept: return bytes.count
      case .pause: return Int(CURL_WRITEFUNC_PAUSE)
      case .abort: return 0
      }
    }
    return nil
  }

  private func setMethodAndBody(_ request: HTTPRequest) {
    if request.method == .head {
      set(CURLOPT_NOBODY, 1)
    } else if request.method != .get || !request.body.isEmpty {
      set(CURLOPT_POST, 1)
      rt_curl_set_offset(pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count))
      request.body.withUnsafeBytes { bytes in
        // libcurl copies the text here, so the body may move.
        _ = rt_curl_set_pointer(
          pointer, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress))
      }
      // Without a pointer curl would call a read function; an empty string stands for an empty body.
      if request.body.isEmpty { set(CURLOPT_COPYPOSTFIELDS, "") }
      set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
    }
  }

  private func setHeaders(_ request: HTTPRequest) -> HTTPError? {
    // The request's own headers or none: neither a wait for `100 Continue` nor a guessed content type.
    // libcurl 7.88 would sign headers that are only named to be left out, so a signed request keeps libcurl's
    // defaults for both.
    var lines = request.signing == nil ? ["Expect:"] : []
    if request.signing == nil,
      !request.headers.contains(where: { $0.name.lowercased() == "content-type" })
    {
      lines.append("Content-Type:")
    }
    for header in request.headers {
      let value = header.value.reveal()
      guard !header.name.isEmpty,
        !(header.name + value).utf8.contains(where: { $0 == 10 || $0 == 13 || $0 == 0 })
      else {
        return HTTPError(.invalidRequest, peer: request.peer, detail: "line break in header \(header.name)")
      }
      lines.append(value.isEmpty ? "\(header.name);" : "\(header.name): \(value)")
    }
    for line in lines { headerList = curl_slist_append(headerList, line) ?? headerList }
    rt_curl_set_list(pointer, CURLOPT_HTTPHEADER, headerList)
    return nil
  }

  private func setSecurity(_ request: HTTPRequest) {
    if let file = request.tls.authorityFile { set(CURLOPT_CAINFO, file) }
    if let file = request.tls.certificateFile { set(CURLOPT_SSLCERT, file) }
    if let file = request.tls.keyFile { set(CURLOPT_SSLKEY, file) }
    if let signing = request.signing {
      set(CURLOPT_AWS_SIGV4, "aws:amz:\(signing.region):\(signing.service)")
      set(CURLOPT_USERNAME, signing.accessKey)
      set(CURLOPT_PASSWORD, signing.secretKey.reveal())
    }
  }

  /// The error of a result; nil for success.
  func error(_ result: CURLcode, peer: String) -> HTTPError? {
    guard result != CURLE_OK else { return nil }
    var number = 0
    rt_curl_get_long(pointer, CURLINFO_OS_ERRNO, &number)
    let text = String(cString: errorText)
    let detail = text.isEmpty ? String(cString: curl_easy_strerror(result)) : text
    return HTTPError(EasyHandle.code(result, errno: Int32(number)), peer: peer, detail: detail)
  }

  private static func code(_ result: CURLcode, errno number: Int32) -> HTTPError.Code {
    switch result {
    case CURLE_COULDNT_CONNECT:
      switch number {
      case ENOENT: .socketMissing
      case EACCES, EPERM: .permissionDenied
      default: .connectionRefused
      }
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .unresolvedHost
    case CURLE_OPERATION_TIMEDOUT: .timedOut
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
      CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR:
      .tls
    case CURLE_TOO_MANY_REDIRECTS: .tooManyRedirects
    case CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_PARTIAL_FILE, CURLE_WEIRD_SERVER_REPLY,
      CURLE_HTTP2, CURLE_HTTP2_STREAM:
      .connectionLost
    case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_FUNCTION_ARGUMENT: .invalidRequest
    default: .failed
    }
  }

  private static func isLoopback(_ peer: String) -> Bool {
    peer.hasPrefix("127.") || peer.hasPrefix("localhost") || peer.hasPrefix("[::1]")
  }

  /// At least one: libcurl treats zero as no timeout.
  private static func milliseconds(_ duration: Duration) -> Int {
    let parts = duration.components
    return max(1, Int(parts.seconds) * 1000 + Int(parts.attoseconds / 1_000_000_000_000_000))
  }

  private func set(_ option: CURLoption, _ value: Int) { rt_curl_set_long(pointer, option, value) }
  private func set(_ option: CURLoption, pointer value: UnsafeMutableRawPointer?) {
    rt_curl_set_pointer(pointer, option, value)
  }
  @discardableResult private func set(_ option: CURLoption, _ value: String) -> Bool {
    rt_curl_set_string(pointer, option, value) == CURLE_OK
  }
}
