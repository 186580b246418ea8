"""A worker that executes signals in a paper account. Copy this folder, and replace paper_broker.py.

    SUPABASE_URL=… WORKER_KEY=wk_… python3 worker.py

It may be killed at any moment, and started again: no signal is executed twice, and none is lost.
"""

import http.client
import json
import os
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid

from execute import Unexecutable, execute
from paper_broker import PaperBroker

VERSION = "python example 1"

env = os.environ.get
URL = env("SUPABASE_URL")
KEY = env("WORKER_KEY")
QUEUE = env("QUEUE")  # only this queue; else all of the key's
STATE_DIR = env("STATE_DIR", "state")
WAIT_SECONDS = int(env("WAIT_SECONDS", "25"))
LEASE_SECONDS = int(env("LEASE_SECONDS", "30"))
DEFAULT_QUANTITY = float(env("DEFAULT_QUANTITY", "0"))
BROKER_DELAY_MS = int(env("BROKER_DELAY_MS", "0"))
TESTS = env("TESTS") == "1"  # takes test alerts too

if not URL or not KEY:
    sys.exit("Set SUPABASE_URL and WORKER_KEY")


class Refused(Exception):
    """The router refused a call: the same call again would be refused again."""

    def __init__(self, status, problem):
        super().__init__(f"{status} {problem}")
        self.status = status


def log(text):
    print(text, file=sys.stderr, flush=True)


def call(name, body):
    """Calls the router until it answers; raises Refused."""
    pause = 1
    while True:
        request = urllib.request.Request(
            f"{URL}/functions/v1/worker/{name}",
            data=json.dumps(body).encode(),
            headers={"authorization": f"Bearer {KEY}", "content-type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=WAIT_SECONDS + 10) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            if error.code < 500 and error.code != 429:
                raise Refused(error.code, error.read().decode()) from None
            pause = max(pause, int(error.headers.get("retry-after") or 0))
            reason = error
        # Whatever the network does, an answer that is cut off included.
        except (OSError, ValueError, http.client.HTTPException) as error:
            reason = error
        log(f"{name}: {reason}; again in {pause} s")
        time.sleep(pause)
        pause = min(pause * 2, 30)


class Lease:
    """Extends a lease, in a thread of its own, until it is left."""

    def __init__(self, held):
        self.held = held
        self.is_ours = True
        self.left = threading.Event()

    def __enter__(self):
        threading.Thread(target=self._extend, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.left.set()

    def _extend(self):
        while not self.left.wait(LEASE_SECONDS / 3):
            try:
                call("extend", {**self.held, "lease_seconds": LEASE_SECONDS})
            except Refused as error:
                log(f"extend: {error}")
                self.is_ours = False
                return


def work(broker, signal):
    """Executes a signal and gives it back; extends its lease meanwhile."""
    message = signal["message"]
    held = {name: signal[name] for name in ("queue", "message_id", "receipt")}
    with Lease(held) as lease:
        try:
            result = execute(
                broker, message, DEFAULT_QUANTITY, BROKER_DELAY_MS / 1000, lambda: lease.is_ours
            )
        except Unexecutable as error:
            log(f"{message['signal_id']}: {error}")
            settle("reject", {**held, "reason": str(error)[:500]})
        except Exception as error:
            log(f"{message['signal_id']}: {error}")
            settle("fail", {**held, "error": str(error)[:500]})
        else:
            print(json.dumps({"signal_id": message["signal_id"], **(result or {})}), flush=True)
            settle("complete", {**held, **({"result": result} if result else {})})


def settle(name, body):
    try:
        call(name, body)
    except Refused as error:
        # Settled already by a call whose answer was lost, or the lease had ended: if it comes again,
        # the broker knows its order.
        if error.status != 409:
            raise
        log(f"{name}: {error}")


def read_claim_id(path):
    """Returns an id that outlives the process: under it a claim answers again what it has leased."""
    with open(path, "a+") as file:
        file.seek(0)
        known = file.read()
        if known:
            return known
        file.write(str(uuid.uuid4()))
        file.seek(0)
        return file.read()


def main():
    os.makedirs(STATE_DIR, exist_ok=True)
    broker = PaperBroker(os.path.join(STATE_DIR, "orders.jsonl"))
    claim = {
        "quantity": 1,  # one at a time: the next is the most urgent by then
        "lease_seconds": LEASE_SECONDS,
        "wait_seconds": WAIT_SECONDS,
        "tests": TESTS,
        "claim_id": read_claim_id(os.path.join(STATE_DIR, "claim_id")),
    }
    if QUEUE:
        claim["queue"] = QUEUE
    call("heartbeat", {"version": VERSION})
    while True:
        for signal in call("claim", claim)["signals"]:
            work(broker, signal)


if __name__ == "__main__":
    try:
        main()
    except Refused as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        pass
