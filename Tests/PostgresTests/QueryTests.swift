import Model
import Postgres
import PostgresSupport
import Testing

@Suite struct QueryTests {
  @Test("Values are returned as they were sent") func valuesAreReturnedAsTheyWereSent() async throws {
    try await TestDatabase.with { pool in
      let moment = try #require(Timestamp("2026-12-01T23:59:59.123456Z"))
      let object = Value.members([
        "a": .array([.integer(1), .null]), "b": .decimal("0.5"), "c": .string("ü\n\""),
      ])
      let row = try await pool.query(
        """
        SELECT $1::text AS text, $2::bigint AS int, $3::bool AS bool, $4::float8 AS double,
          $5::bytea AS bytes, $6::timestamptz AS time, $7::jsonb AS json, $8::text[] AS texts,
          $9::bigint[] AS ints, $10::text AS null
        """,
        [
          .text("‹ü€\u{1F600}› it's \\ \"q\""), .int(.min), true, .double(0.1), .bytes([0, 1, 254, 255]),
          .timestamp(moment), .json(object), .textArray(["a,b", "{}", "\\", "\"", "", "NULL"]),
          .intArray([1, -2, .max]), nil,
        ]
      ).only()
      #expect(try row.text("text") == "‹ü€\u{1F600}› it's \\ \"q\"")
      #expect(try row.int("int") == .min)
      #expect(try row.bool("bool"))
      #expect(try row.double("double") == 0.1)
      #expect(try row.bytes("bytes") == [0, 1, 254, 255])
      #expect(try row.timestamp("time") == moment)
      #expect(try row.json("json") == object)
      #expect(try row.textArray("texts") == ["a,b", "{}", "\\", "\"", "", "NULL"])
      #expect(try row.intArray("ints") == [1, -2, .max])
      #expect(try row.optionalText("null") == nil)
      #expect(try row.isNull(9))
    }
  }

  @Test(
    "Timestamps are read in UTC with microseconds",
    arguments: [
      ("0001-01-01T00:00:00Z", "the first day the server writes with four digits and no BC"),
      ("1969-12-31T23:59:59.999999Z", "before 1970"), ("1970-01-01T00:00:00Z", "zero"),
      ("2000-02-29T12:00:00Z", "leap day of a 400th year"), ("2100-02-28T23:59:59Z", "no leap year"),
      ("9999-12-31T23:59:59.000001Z", "the last day of four digits"),
    ])
  func timestampsAreReadInUTCWithMicroseconds(_ text: String, reason: String) async throws {
    try await TestDatabase.with { pool in
      let moment = try #require(Timestamp(text))
      let row = try await pool.query(
        "SELECT $1::timestamptz, extract(epoch FROM $1::timestamptz)::text",
        [.timestamp(moment)]
      ).only()
      #expect(try row.timestamp(0) == moment, Comment(rawValue: reason))
      #expect(try Decimals.scaled(row.text(1), digits: 6) == moment.microseconds)
    }
  }

  @Test("Arrays hold any element") func arraysHoldAnyElement() async throws {
    try await TestDatabase.with { pool in
      let rows = try await pool.query(
        "SELECT * FROM unnest($1::text[], $2::bytea[], $3::jsonb[]) AS t(a, b, c)",
        [
          .array(["x", nil]), .array([.bytes([1, 255]), nil]),
          .array([.json(.members(["k": .string("\"v\"")])), nil]),
        ])
      #expect(rows.count == 2)
      #expect(try rows[0].bytes("b") == [1, 255])
      #expect(try rows[0].json("c")["k"] == .string("\"v\""))
      #expect(try rows[1].optionalBytes("b") == nil)
    }
  }

  @Test("Wrong reads name the column and the expected type")
  func wrongReadsNameTheColumnAndTheExpectedType() async throws {
    try await TestDatabase.with { pool in
      let row = try await pool.query(
        "SELECT 'x' AS word, NULL::int AS nothing, 'infinity'::timestamptz AS far"
      )
      .only()
      let cases: [(() throws -> Void, String)] = [
        ({ _ = try row.int("word") }, "column word is not a whole number"),
        ({ _ = try row.int("nothing") }, "column nothing is NULL where a whole number was expected"),
        ({ _ = try row.text("other") }, "the result has no column other"),
        ({ _ = try row.text(3) }, "the result has no column number 3"),
        ({ _ = try row.timestamp("far") }, "column far is not a timestamp of the years 1 to 9999"),
      ]
      for (read, message) in cases {
        let error = #expect(throws: PostgresError.self) { try read() }
        #expect(error?.code == .unexpectedValue)
        #expect(error?.message == message)
      }
      let none = await #expect(throws: PostgresError.self) {
        try await pool.query("SELECT 1 WHERE false").only()
      }
      #expect(none?.code == .notFound)
    }
  }

  @Test("A pipeline is one transaction") func aPipelineIsOneTransaction() async throws {
    try await TestDatabase.with { pool in
      try await pool.query("CREATE TABLE t (a int PRIMARY KEY)")
      let results = try await pool.pipeline(
        (1...500).map { Statement("INSERT INTO t VALUES ($1)", [.int($0)]) }
          + [Statement("SELECT count(*) FROM t")])
      #expect(results.count == 501)
      #expect(results[0].affected == 1)
      #expect(try results[500][0].int(0) == 500)
      let error = await #expect(throws: PostgresError.self) {
        try await pool.pipeline([
          Statement("INSERT INTO t VALUES (1000)"), Statement("INSERT INTO t VALUES (1)"),
          Statement("INSERT INTO t VALUES (1001)"),
        ])
      }
      #expect(error?.code == .duplicate)
      #expect(try await pool.query("SELECT count(*) FROM t").only().int(0) == 500)
    }
  }

  @Test("A large pipeline does not block itself")
  func aLargePipelineDoesNotBlockItself() async throws {
    try await TestDatabase.with { pool in
      let text = String(repeating: "x", count: 10_000)
      let results = try await pool.pipeline(
        (0..<2000).map { _ in Statement("SELECT $1::text", [.text(text)]) })
      #expect(results.count == 2000)
      #expect(try results[1999][0].text(0) == text)
    }
  }

  @Test("A migration that outdates prepared statements is handled")
  func aMigrationThatOutdatesPreparedStatements() async throws {
    try await TestDatabase.with { pool in
      try await pool.query("CREATE TABLE t (a int)")
      #expect(try await pool.query("SELECT * FROM t").columns == ["a"])
      try await pool.query("ALTER TABLE t ADD b text")
      #expect(try await pool.query("SELECT * FROM t").columns == ["a", "b"])
      try await pool.query("DEALLOCATE ALL")
      #expect(try await pool.query("SELECT * FROM t").columns == ["a", "b"])
    }
  }

  @Test("Scripts run many statements") func scriptsRunManyStatements() async throws {
    try await TestDatabase.with { pool in
      try await pool.script("CREATE TABLE a (x int); INSERT INTO a VALUES (1); INSERT INTO a VALUES (2);")
      #expect(try await pool.query("SELECT sum(x) FROM a").only().int(0) == 3)
      await #expect(throws: PostgresError.self) {
        try await pool.script("INSERT INTO a VALUES (3); SELECT 1/0")
      }
      #expect(try await pool.query("SELECT sum(x) FROM a").only().int(0) == 3)
    }
  }
}
