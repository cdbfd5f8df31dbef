// StripeAPI: Stripe's signed events, and read requests for line items and prices. Knows no kinds, no credits
// and no database, and never changes anything at Stripe.
//
// An event passes through three values: `StripeSignature` proves that the raw bytes are Stripe's and recent,
// `StripeEvent` parses them, and `StripeClient` reads what events leave out. The first two are pure: bytes,
// secrets and the time are arguments. Stripe may deliver an event several times and in any order; the caller
// detects repetitions by `StripeEvent.id`.
//
// Amounts are `Int64` in the currency's minor unit, as Stripe counts them: cents for `usd`, whole yen for
// `jpy`.
//
// Must not import any module of this package but `HTTP`, `Model` and `COpenSSL`. Tested in
// `Tests/StripeAPITests` against a server on loopback, and against Stripe's official library in both
// directions.
