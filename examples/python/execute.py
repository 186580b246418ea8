"""Executes a signal: once, however often it comes, and never closing more than is open."""

import re
import time
from datetime import datetime, timezone


class Unexecutable(Exception):
    """A signal that cannot be executed, now or later."""


def execute(broker, message, default_quantity, broker_delay, may_trade):
    """Returns the order that executes a signal, None if it asks for none; raises Unexecutable."""
    if message["is_test"] or message["action"] in ("hold", "cancel"):
        return None
    time.sleep(broker_delay)
    placed = broker.find(message["signal_id"])
    if placed:
        return placed
    if seconds_left(message["expires_at"]) < 0:
        raise Unexecutable("It expired before it could be executed")
    if not message["symbol"]:
        raise Unexecutable("The signal names no symbol")
    if not may_trade():
        raise RuntimeError("The lease has ended")
    account = f"{message['strategy']} {message['symbol']}"
    quantity = quantity_of(message, broker.position(account), default_quantity)
    return broker.place(message["signal_id"], account, quantity, message["price"])


def seconds_left(expires_at):
    # Before Python 3.11 a fraction has three or six digits.
    parts = re.match(r"(.{19})(?:\.\d+)?(.*)", expires_at)
    expires = datetime.fromisoformat("".join(parts.groups()).replace("Z", "+00:00"))
    return (expires - datetime.now(timezone.utc)).total_seconds()


def quantity_of(message, position, default_quantity):
    """Returns how much to buy; to sell, if negative."""
    action, intent = message["action"], message["intent"]

    def stated():
        quantity = message["quantity"]
        quantity = default_quantity if quantity is None else quantity
        if quantity > 0:
            return quantity
        raise Unexecutable("It names no quantity: set DEFAULT_QUANTITY")

    if intent == "close":
        return -position
    # TradingView's words: what it buys and sells, whatever that does to a position.
    if intent is None and action == "buy":
        return stated()
    if intent is None and action == "sell":
        return -stated()
    does, _, side = (intent or "").rpartition("_")
    sign = 1 if side == "long" else -1
    is_open = max(0, position * sign)
    other = max(0, -position * sign)
    if does in ("open", "add"):
        return sign * stated()
    if does == "reduce":
        return -sign * min(is_open, stated())
    if does == "close":
        return -sign * is_open
    if does == "reverse_to":  # the quantity closes the other side and opens this one
        return sign * max(other, stated())
    raise Unexecutable(f"It has an unknown intent, {intent}")
