// StripeAPI: what Stripe tells us (signed events) and what we ask it (line items, prices). Knows no kinds, no credits
// and no database, and never changes anything at Stripe.
//
// An event goes through three values: `StripeSignature` proves that the raw bytes are Stripe's and new,
// `StripeEvent` reads them, and `StripeClient` asks for what events leave out. The first two are pure: bytes, secrets
// and the time are arguments. Stripe may deliver an event several times and in any order; telling repetitions apart
// by `StripeEvent.id` is up to whoever acts on it.
//
// Amounts are `Int64` in the currency's minor unit, as Stripe counts them: cents for `usd`, whole yen for `jpy`.
//
// Must not import any module of this package but `HTTP`, `Model` and `COpenSSL`. Tested in `Tests/StripeAPITests`
// against a server of its own on loopback, and against Stripe's official library in both directions.
