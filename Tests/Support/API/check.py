"""Checks a served API against its own description, from PyPI's openapi-spec-validator and schemathesis.

    check.py valid URL                     the description is valid OpenAPI 3.1
    check.py fuzz URL SECONDS ROLE=TOKEN...  generated requests with a token of a suitable role never get
                                             an answer of 5xx
"""
import json
import sys
import time
import urllib.request


def description(url):
    with urllib.request.urlopen(url + "/openapi.json") as answer:
        return json.load(answer)


def valid(url):
    from openapi_spec_validator import OpenAPIV31SpecValidator

    document = description(url)
    OpenAPIV31SpecValidator(document).validate()
    names = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names)), "operations have names of their own"
    print(f"valid: {len(names)} operations")


def fuzz(url, seconds, tokens):
    import hypothesis
    import schemathesis

    schema = schemathesis.openapi.from_url(url + "/openapi.json")
    operations = [result.ok() for result in schema.get_all_operations()]
    per_test = seconds / len(operations)
    statuses = {}

    for role, token in (pair.split("=") for pair in tokens):
        for operation in operations:
            # The first of these that may: a creator orders for itself, a node speaks for itself.
            roles = operation.definition.raw.get("x-roles", ["admin"])
            first = next(name for name in ("creator", "node", "admin") if name in roles)
            if role != first:
                continue
            end = time.monotonic() + per_test

            @hypothesis.settings(
                max_examples=25, deadline=None, database=None, derandomize=True,
                suppress_health_check=list(hypothesis.HealthCheck))
            @hypothesis.given(case=operation.as_strategy())
            def one(case):
                if time.monotonic() > end:
                    return
                if case.query and "wait" in case.query:
                    case.query = {key: value for key, value in case.query.items() if key != "wait"}
                answer = case.call(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=10)
                statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
                assert answer.status_code < 500, f"{operation.label}: {answer.status_code} {answer.text}"
                kind = (answer.headers.get("content-type") or [""])[0]
                if answer.status_code >= 400:
                    assert kind == "application/problem+json", f"{operation.label}: {kind} {answer.text}"
                    assert answer.json()["status"] == answer.status_code
                else:
                    case.validate_response(answer, checks=CHECKS)

            one()
    print("fuzz:", " ".join(f"{status}={count}" for status, count in sorted(statuses.items())))


if __name__ == "__main__":
    if sys.argv[1] == "valid":
        valid(sys.argv[2])
    else:
        from schemathesis.checks import not_a_server_error
        from schemathesis.specs.openapi.checks import (
            content_type_conformance, response_schema_conformance, status_code_conformance)

        CHECKS = [
            not_a_server_error, content_type_conformance, response_schema_conformance,
            status_code_conformance]
        fuzz(sys.argv[2], float(sys.argv[3]), sys.argv[4:])
