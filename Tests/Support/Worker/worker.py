#!/usr/bin/env python3
"""A worker for tests, written from docs/relay-protocol.md with the standard library alone.

    worker.py URL NODE [--token TOKEN] [options]

The variable RENDERTRUST_TOKEN is an alternative to --token. Every job echoes its input. Each action is
printed as a line on standard output. The worker exits after --jobs results, or when it is killed.
"""
import argparse
import http.client
import json
import os
import random
import ssl
import sys
import threading
import time
import urllib.parse


class Refused(Exception):
    def __init__(self, status, problem):
        super().__init__(f"{status} {problem.get('code')}: {problem.get('detail')}")
        self.status = status
        self.problem = problem


class Gateway:
    """Calls on persistent connections, one for each thread."""

    def __init__(self, url, token, ca):
        parts = urllib.parse.urlsplit(url)
        self.host, self.secure, self.token = parts.netloc, parts.scheme == "https", token
        self.context = ssl.create_default_context(cafile=ca) if self.secure else None
        self.local = threading.local()

    def call(self, method, path, body=None, timeout=90):
        text = None if body is None else json.dumps(body)
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        if text is not None:
            headers["Content-Type"] = "application/json"
        for attempt in range(8):
            try:
                connection = self.connection(timeout)
                connection.request(method, path, text, headers)
                answer = connection.getresponse()
                data = answer.read()
            except (OSError, http.client.HTTPException):
                # The outcome is unknown; every call may be repeated.
                self.local.connection = None
                time.sleep(min(5, 0.1 * 2**attempt) * random.uniform(0.5, 1))
                continue
            if answer.status in (429, 503):
                time.sleep(float(answer.headers.get("Retry-After", "1")) * random.uniform(0.5, 1))
                continue
            try:
                value = json.loads(data) if data else {}
            except ValueError:
                value = {}
            if answer.status >= 400:
                raise Refused(answer.status, value)
            return value
        raise OSError(f"{method} {path}: no answer")

    def connection(self, timeout):
        connection = getattr(self.local, "connection", None)
        if connection is None:
            kind = http.client.HTTPSConnection if self.secure else http.client.HTTPConnection
            options = {"context": self.context} if self.secure else {}
            connection = self.local.connection = kind(self.host, timeout=timeout, **options)
        return connection


class Worker:
    def __init__(self, options):
        self.options = options
        self.gateway = Gateway(options.url, options.token, options.ca)
        self.random = random.Random(options.seed)
        self.stops, self.lock, self.done = set(), threading.Lock(), 0
        self.node = urllib.parse.quote(options.node, safe="")
        self.in_progress = set()

    def log(self, *words):
        with self.lock:
            print(*words, flush=True)

    def facts(self):
        facts = {"canPull": True, "images": self.options.image, "report": {"worker": "worker.py"}}
        if self.options.job_type:
            facts["jobTypes"] = self.options.job_type
        return facts

    def run(self):
        terms = self.gateway.call("POST", f"/api/v1/nodes/{self.node}/register", self.facts())
        self.log("registered", json.dumps(terms, sort_keys=True))
        for attempt in terms["accepted"]:
            # Attempts of an earlier run are lost.
            self.fail(attempt, "the worker restarted")
        interval = seconds(terms["heartbeatEvery"])
        threading.Thread(target=self.send_heartbeats, args=(interval,), daemon=True).start()
        threads = [threading.Thread(target=self.take_work, daemon=True) for _ in range(self.options.slots)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def send_heartbeats(self, pause):
        trip = 0
        while not self.is_finished():
            facts = self.facts() | {"roundTripMicroseconds": trip}
            start = time.monotonic()
            try:
                answer = self.gateway.call("POST", f"/api/v1/nodes/{self.node}/heartbeat", facts)
                trip = min(60_000_000, int((time.monotonic() - start) * 1e6))
                with self.lock:
                    self.stops.update(answer["stop"])
            except (Refused, OSError) as error:
                self.log("heartbeat-failed", error)
            time.sleep(pause)

    def is_finished(self):
        return self.options.jobs is not None and self.done >= self.options.jobs

    def take_work(self):
        while not self.is_finished():
            path = f"/api/v1/nodes/{self.node}/work?wait={self.options.wait}&most={2 * self.options.slots}"
            try:
                orders = self.gateway.call("GET", path)["orders"]
            except (Refused, OSError) as error:
                self.log("work-failed", error)
                time.sleep(1)
                continue
            for order in orders:
                with self.lock:
                    if order["attempt"] in self.in_progress:
                        continue
                    self.in_progress.add(order["attempt"])
                try:
                    self.do(order)
                except (Refused, OSError) as error:
                    self.log("refused", order["attempt"], error)
                finally:
                    with self.lock:
                        self.in_progress.discard(order["attempt"])
                if self.is_finished():
                    return

    def do(self, order):
        attempt = order["attempt"]
        options = self.options
        if self.chance(options.crash_before):
            self.crash(attempt)
        reply = self.report(attempt, "accept")
        self.log("accepted", attempt)
        if self.chance(options.crash):
            self.crash(attempt)
        if self.chance(options.stall):
            # Sends no further report; the lease expires.
            self.log("stalled", attempt)
            return
        start, units = time.monotonic(), order["units"]
        while time.monotonic() - start < options.seconds and not reply["stop"] and attempt not in self.stops:
            time.sleep(min(options.progress_every, options.seconds))
            spent = time.monotonic() - start
            part = min(1, spent / options.seconds) if options.seconds else 1
            progress = usage(spent) | {"units": int(units * part), "note": f"{part:.0%}"}
            reply = self.report(attempt, "progress", progress)
        spent = time.monotonic() - start
        if reply["stop"] or attempt in self.stops:
            return self.fail(attempt, "stopped", spent)
        if self.chance(options.fail):
            return self.fail(attempt, "failed by choice", spent)
        late = self.chance(options.late)
        if late:
            self.log("late", attempt)
            time.sleep(options.late_seconds)
        body = usage(spent) | {"state": "succeeded", "units": units, "output": order["input"]}
        for _ in range(2 if self.chance(options.twice) else 1):
            try:
                self.report(attempt, "result", body)
                self.log("succeeded", attempt)
            except Refused as error:
                self.log("refused", attempt, error)
        with self.lock:
            self.done += 1

    def fail(self, attempt, reason, spent=0.0):
        try:
            self.report(attempt, "result", usage(spent) | {"state": "failed", "reason": reason})
            self.log("failed", attempt, reason)
        except Refused as error:
            self.log("refused", attempt, error)
        with self.lock:
            self.done += 1

    def report(self, attempt, verb, body=None):
        return self.gateway.call("POST", f"/api/v1/attempts/{attempt}/{verb}", body)

    def chance(self, part):
        with self.lock:
            return self.random.random() < part

    def crash(self, attempt):
        self.log("crashed", attempt)
        os._exit(70)


def usage(spent):
    return {"gpuMilliseconds": 0, "cpuMilliseconds": int(spent * 1000)}


def seconds(text):
    for unit, factor in (("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86400)):
        if text.endswith(unit) and text[: -len(unit)].isdigit():
            return int(text[: -len(unit)]) * factor
    raise ValueError(text)


def main():
    formatter = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=formatter)
    parser.add_argument("url")
    parser.add_argument("node")
    parser.add_argument("--token", default=os.environ.get("RENDERTRUST_TOKEN", ""))
    parser.add_argument("--ca", help="CA file for the server's certificate")
    parser.add_argument("--slots", type=int, default=1, help="number of concurrent attempts")
    parser.add_argument("--jobs", type=int, help="exit after this number of results")
    parser.add_argument("--wait", default="10s", help="timeout of one call for work")
    parser.add_argument("--seconds", type=float, default=0, help="duration of an attempt")
    parser.add_argument("--progress-every", type=float, default=1)
    parser.add_argument("--image", action="append", default=[], help="digest of a local image")
    parser.add_argument("--job-type", action="append", default=[])
    parser.add_argument("--seed", type=int, default=0)
    group = parser.add_argument_group("faults, each with its share of attempts from 0 to 1")
    group.add_argument("--crash-before", type=float, default=0, help="exit before accepting")
    group.add_argument("--crash", type=float, default=0, help="exit after accepting")
    group.add_argument("--stall", type=float, default=0, help="accept and send no further report")
    group.add_argument("--fail", type=float, default=0)
    group.add_argument("--twice", type=float, default=0, help="report the result twice")
    group.add_argument("--late", type=float, default=0, help="report the result after --late-seconds")
    group.add_argument("--late-seconds", type=float, default=0)
    Worker(parser.parse_args()).run()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except (Refused, OSError) as error:
        print("ended:", error, file=sys.stderr)
        sys.exit(1)
