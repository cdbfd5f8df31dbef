#!/usr/bin/env python3
"""A worker for tests, written from docs/relay-protocol.md with the standard library alone.

    worker.py URL NODE [--token TOKEN] [options]

The token may also stand in the variable RENDERTRUST_TOKEN. Does echo: the output is the input. Writes a line for each
thing that it does to standard output. Ends by itself after --jobs results; else when it is killed.
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
    """Calls on connections that are kept, one for each thread."""

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
                # Whether it was done is not known: it may be said again.
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
        self.under_way = set()

    def say(self, *words):
        with self.lock:
            print(*words, flush=True)

    def facts(self):
        facts = {"canPull": True, "images": self.options.image, "report": {"worker": "worker.py"}}
        if self.options.job_type:
            facts["jobTypes"] = self.options.job_type
        return facts

    def run(self):
        terms = self.gateway.call("POST", f"/api/v1/nodes/{self.node}/register", self.facts())
        self.say("registered", json.dumps(terms, sort_keys=True))
        for attempt in terms["accepted"]:
            # What an earlier run of this worker had begun is lost to it.
            self.fail(attempt, "the worker was started anew")
        threading.Thread(target=self.beat, args=(seconds(terms["heartbeatEvery"]),), daemon=True).start()
        lanes = [threading.Thread(target=self.lane, daemon=True) for _ in range(self.options.lanes)]
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.join()

    def beat(self, pause):
        trip = 0
        while not self.is_finished():
            facts = self.facts() | {"roundTripMicroseconds": trip}
            begun = time.monotonic()
            try:
                answer = self.gateway.call("POST", f"/api/v1/nodes/{self.node}/heartbeat", facts)
                trip = min(60_000_000, int((time.monotonic() - begun) * 1e6))
                with self.lock:
                    self.stops.update(answer["stop"])
            except (Refused, OSError) as error:
                self.say("heartbeat-failed", error)
            time.sleep(pause)

    def is_finished(self):
        return self.options.jobs is not None and self.done >= self.options.jobs

    def lane(self):
        while not self.is_finished():
            path = f"/api/v1/nodes/{self.node}/work?wait={self.options.wait}&most={2 * self.options.lanes}"
            try:
                orders = self.gateway.call("GET", path)["orders"]
            except (Refused, OSError) as error:
                self.say("work-failed", error)
                time.sleep(1)
                continue
            for order in orders:
                with self.lock:
                    if order["attempt"] in self.under_way:
                        continue
                    self.under_way.add(order["attempt"])
                try:
                    self.do(order)
                except (Refused, OSError) as error:
                    self.say("refused", order["attempt"], error)
                finally:
                    with self.lock:
                        self.under_way.discard(order["attempt"])
                if self.is_finished():
                    return

    def do(self, order):
        attempt = order["attempt"]
        options = self.options
        if self.chance(options.crash_before):
            self.crash(attempt)
        reply = self.report(attempt, "accept")
        self.say("accepted", attempt)
        if self.chance(options.crash):
            self.crash(attempt)
        if self.chance(options.stall):
            # Says nothing more; its lease ends.
            self.say("stalled", attempt)
            return
        begun, units = time.monotonic(), order["units"]
        while time.monotonic() - begun < options.seconds and not reply["stop"] and attempt not in self.stops:
            time.sleep(min(options.progress_every, options.seconds))
            spent = time.monotonic() - begun
            part = min(1, spent / options.seconds) if options.seconds else 1
            reply = self.report(attempt, "progress", usage(spent) | {"units": int(units * part), "note": f"{part:.0%}"})
        spent = time.monotonic() - begun
        if reply["stop"] or attempt in self.stops:
            return self.fail(attempt, "stopped", spent)
        if self.chance(options.fail):
            return self.fail(attempt, "failed by choice", spent)
        late = self.chance(options.late)
        if late:
            self.say("late", attempt)
            time.sleep(options.late_seconds)
        body = usage(spent) | {"state": "succeeded", "units": units, "output": order["input"]}
        for _ in range(2 if self.chance(options.twice) else 1):
            try:
                self.report(attempt, "result", body)
                self.say("succeeded", attempt)
            except Refused as error:
                self.say("refused", attempt, error)
        with self.lock:
            self.done += 1

    def fail(self, attempt, reason, spent=0.0):
        try:
            self.report(attempt, "result", usage(spent) | {"state": "failed", "reason": reason})
            self.say("failed", attempt, reason)
        except Refused as error:
            self.say("refused", attempt, error)
        with self.lock:
            self.done += 1

    def report(self, attempt, verb, body=None):
        return self.gateway.call("POST", f"/api/v1/attempts/{attempt}/{verb}", body)

    def chance(self, part):
        with self.lock:
            return self.random.random() < part

    def crash(self, attempt):
        self.say("crashed", attempt)
        os._exit(70)


def usage(spent):
    return {"gpuMilliseconds": 0, "cpuMilliseconds": int(spent * 1000)}


def seconds(text):
    for unit, factor in (("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86400)):
        if text.endswith(unit) and text[: -len(unit)].isdigit():
            return int(text[: -len(unit)]) * factor
    raise ValueError(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("node")
    parser.add_argument("--token", default=os.environ.get("RENDERTRUST_TOKEN", ""))
    parser.add_argument("--ca", help="file with the authority of the server's certificate")
    parser.add_argument("--lanes", type=int, default=1, help="attempts at once")
    parser.add_argument("--jobs", type=int, help="end after so many results")
    parser.add_argument("--wait", default="10s", help="how long one call for work waits")
    parser.add_argument("--seconds", type=float, default=0, help="how long an attempt takes")
    parser.add_argument("--progress-every", type=float, default=1)
    parser.add_argument("--image", action="append", default=[], help="digest of an image that is there")
    parser.add_argument("--job-type", action="append", default=[])
    parser.add_argument("--seed", type=int, default=0)
    group = parser.add_argument_group("misbehaviour, each with its part of attempts from 0 to 1")
    group.add_argument("--crash-before", type=float, default=0, help="ends before it accepts")
    group.add_argument("--crash", type=float, default=0, help="ends after it accepted")
    group.add_argument("--stall", type=float, default=0, help="accepts and says nothing more")
    group.add_argument("--fail", type=float, default=0)
    group.add_argument("--twice", type=float, default=0, help="tells its result twice")
    group.add_argument("--late", type=float, default=0, help="tells its result after --late-seconds")
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
