import HTTP
import Model
import StripeSupport
import Testing

extension PurchaseTests {
  /// Over a real socket, as Stripe comes.
  @Suite(.timeLimit(.minutes(5))) struct WebhookTests {
    @Test func `an event delivered 1,000 times at once over 16 connections credits once`() async throws {
      try await Till.with(connections: 16) { till in
        try await till.serving { url in
          let body = Payment().completed()
          let answers = try await withThrowingTaskGroup(of: [String: Int].self) { group in
            for connection in 0..<16 {
              group.addTask {
                // A client keeps its connection; sixteen have one each.
                let client = HTTPClient()
                defer { client.shutdown() }
                var answers: [String: Int] = [:]
                for _ in stride(from: connection, to: 1000, by: 16) {
                  let answer = try await client.send(Till.delivery(body, to: url))
                  answers["\(answer.status) \(answer.text)", default: 0] += 1
                }
                return answers
              }
            }
            return try await group.reduce(into: [String: Int]()) { $0.merge($1, uniquingKeysWith: +) }
          }
          #expect(answers == [#"200 {"outcome":"credited"}"#: 1, #"200 {"outcome":"repeated"}"#: 999])
          #expect(try await till.balance() == 100_000_000)
          #expect(try await till.count("SELECT count(*) FROM ledger_entries") == 1)
          #expect(try await till.count("SELECT count(*) FROM billing_purchases") == 1)
          #expect(try await till.count("SELECT count(*) FROM billing_events") == 1)
          try await till.expectBalanced()
        }
      }
    }

    @Test func `each byte of the signature flipped in turn is refused`() async throws {
      try await Till.with { till in
        try await till.serving { url in
          let client = HTTPClient()
          defer { client.shutdown() }
          let body = Payment().completed()
          let now = Till.now.microseconds / 1_000_000
          let good = Array(TestSigner.signature(Array(body.utf8), secret: Till.secret, at: now).utf8)
          #expect(good.count == 64)
          // Bit 0 gives another digit mostly, bit 6 none.
          for place in good.indices {
            for bit in [UInt8(1), 0x40] {
              var flipped = good
              flipped[place] ^= bit
              let header = "t=\(now),v1=" + String(decoding: flipped, as: UTF8.self)
              let answer = try await client.send(Till.delivery(body, to: url, signature: header))
              #expect(
                answer.status == 400 && answer.text.contains("noMatch"), "byte \(place): \(answer.text)")
            }
          }
          let header = Array("t=\(now),v1=".utf8) + good
          for place in header.indices {
            var flipped = header
            flipped[place] ^= 1
            let text = String(decoding: flipped, as: UTF8.self)
            let answer = try await client.send(Till.delivery(body, to: url, signature: text))
            #expect(answer.status == 400, "byte \(place) of the header: \(answer.text)")
          }
          #expect(try await till.count("SELECT count(*) FROM billing_events") == 0)
          #expect(try await till.count("SELECT count(*) FROM billing_dead_letters") == 0)
          let whole = "t=\(now),v1=" + String(decoding: good, as: UTF8.self)
          #expect(try await client.send(Till.delivery(body, to: url, signature: whole)).status == 200)
          #expect(try await till.balance() == 100_000_000)
        }
      }
    }

    @Test(arguments: [(-301, 400), (-300, 200), (0, 200), (300, 200), (301, 400)])
    func `a timestamp further away than 300 s is refused`(offset: Int64, status: Int) async throws {
      try await Till.with { till in
        try await till.serving { url in
          let client = HTTPClient()
          defer { client.shutdown() }
          let body = Payment().completed()
          let header = TestSigner.header(
            Array(body.utf8), secret: Till.secret, at: Till.now.microseconds / 1_000_000 + offset)
          let answer = try await client.send(Till.delivery(body, to: url, signature: header))
          #expect(answer.status == status, "\(answer.text)")
          #expect(try await till.count("SELECT count(*) FROM billing_purchases") == (status == 200 ? 1 : 0))
        }
      }
    }
  }
}
