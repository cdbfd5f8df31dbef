"""Does with Stripe's official library what each line of standard input asks for, and answers line by line.

Lines are JSON objects. `sign` (payload, secret, timestamp) answers with `header`; `construct` (payload,
header, secret) with what the library read (`id`, `type`, `created`, `livemode`, `object`) or with why it
`refused`.
"""

import json
import sys

import stripe


def sign(wish):
    header = stripe.WebhookSignature.generate_signature_header(
        wish["payload"], wish["secret"], timestamp=wish["timestamp"]
    )
    return {"header": header}


def construct(wish):
    try:
        event = stripe.Webhook.construct_event(wish["payload"], wish["header"], wish["secret"])
    except (stripe.SignatureVerificationError, ValueError) as error:
        return {"refused": str(error)}
    return {
        "id": event.id,
        "type": event.type,
        "created": event.created,
        "livemode": event.livemode,
        "object": event.data.object.id,
    }


for line in sys.stdin:
    wish = json.loads(line)
    answer = {"sign": sign, "construct": construct}[wish["do"]](wish)
    print(json.dumps(answer))
