import HTTP
import Model
import StripeSupport
import Testing

extension PurchaseTests {
  /// Deliveries over a real socket.
  @Suite(.timeLimit(.minutes(5))) struct WebhookTests {
    @Test("An event that is delivered 1,000 times over 16 connections credits once")
    func concurrentDeliveriesCreditOnce() async throws {
      try await BillingFixture.with(connections: 16) { fixture in
        try await fixture.serving { url in
          let body = Payment().completed()
          let answers = try await withThrowingTaskGroup(of: [String: Int].self) { group in
            for connection in 0..<16 {
              group.addTask {
                // A client keeps its connection; sixteen have one each.
                let client = HTTPClient()
                defer { client.shutdown() }
                var answers: [String: Int] = [:]
                for _ in stride(from: connection, to: 1000, by: 16) {
                  let answer = try await client.send(BillingFixture.delivery(body, to: url))
                  answers["\(answer.status) \(answer.text)", default: 0] += 1
                }
                return answers
              }
            }
            return try await group.reduce(into: [String: Int]()) { $0.merge($1, uniquingKeysWith: +) }
          }
          #expect(answers == [#"200 {"outcome":"credited"}"#: 1, #"200 {"outcome":"repeated"}"#: 999])
          #expect(try await fixture.balance() == 100_000_000)
          #expect(try await fixture.count("SELECT count(*) FROM ledger_entries") == 1)
          #expect(try await fixture.count("SELECT count(*) FROM billing_purchases") == 1)
          #expect(try await fixture.count("SELECT count(*) FROM billing_events") == 1)
          try await fixture.expectBalanced()
        }
      }
    }

    @Test("A signature with any byte flipped is refused") func flippedSignatureIsRefused() async throws {
      try await BillingFixture.with { fixture in
        try await fixture.serving { url in
          let client = HTTPClient()
          defer { client.shutdown() }
          let body = Payment().completed()
          let now = BillingFixture.now.microseconds / 1_000_000
          let good = Array(
            TestSigner.signature(Array(body.utf8), secret: BillingFixture.secret, at: now).utf8)
          #expect(good.count == 64)
          // Bit 0 mostly gives another digit, bit 6 no digit.
          for index in good.indices {
            for bit in [UInt8(1), 0x40] {
              var flipped = good
              flipped[index] ^= bit
              let header = "t=\(now),v1=" + String(decoding: flipped, as: UTF8.self)
              let answer = try await client.send(BillingFixture.delivery(body, to: url, signature: header))
              #expect(
                answer.status == 400 && answer.text.contains("noMatch"), "byte \(index): \(answer.text)")
            }
          }
          let header = Array("t=\(now),v1=".utf8) + good
          for index in header.indices {
            var flipped = header
            flipped[index] ^= 1
            let text = String(decoding: flipped, as: UTF8.self)
            let answer = try await client.send(BillingFixture.delivery(body, to: url, signature: text))
            #expect(answer.status == 400, "byte \(index) of the header: \(answer.text)")
          }
          #expect(try await fixture.count("SELECT count(*) FROM billing_events") == 0)
          #expect(try await fixture.count("SELECT count(*) FROM billing_dead_letters") == 0)
          let whole = "t=\(now),v1=" + String(decoding: good, as: UTF8.self)
          #expect(
            try await client.send(BillingFixture.delivery(body, to: url, signature: whole)).status == 200)
          #expect(try await fixture.balance() == 100_000_000)
        }
      }
    }

    @Test(
      "A timestamp more than 300 s away is refused",
      arguments: [(-301, 400), (-300, 200), (0, 200), (300, 200), (301, 400)])
    func distantTimestampIsRefused(offset: Int64, status: Int) async throws {
      try await BillingFixture.with { fixture in
        try await fixture.serving { url in
          let client = HTTPClient()
          defer { client.shutdown() }
          let body = Payment().completed()
          let header = TestSigner.header(
            Array(body.utf8), secret: BillingFixture.secret,
            at: BillingFixture.now.microseconds / 1_000_000 + offset)
          let answer = try await client.send(BillingFixture.delivery(body, to: url, signature: header))
          #expect(answer.status == status, "\(answer.text)")
          #expect(
            try await fixture.count("SELECT count(*) FROM billing_purchases") == (status == 200 ? 1 : 0))
        }
      }
    }
  }
}
