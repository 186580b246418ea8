"""A broker that trades at once, at the signal's price, and a book of its orders that outlives the process."""

import json
import os


class PaperBroker:
    def __init__(self, path):
        """Opens a book: a file with an order a line. One process at a time."""
        self.orders = {}
        self.positions = {}
        self.file = open(path, "a+b")
        self.file.seek(0)
        text = self.file.read()
        # A line that a crash has cut off is an order that was never placed.
        whole = text[: text.rfind(b"\n") + 1]
        for line in whole.splitlines():
            self._enter(json.loads(line))
        self.file.truncate(len(whole))

    def position(self, account):
        return self.positions.get(account, 0)

    def find(self, order_id):
        """Returns the order of an id of ours: a broker that sees it again answers the same order."""
        return self.orders.get(order_id)

    def place(self, order_id, account, quantity, price):
        """Buys; sells, if the quantity is negative."""
        order = {
            "order_id": order_id,
            "account": account,
            "quantity": quantity,
            "price": price,
            "position": self.position(account) + quantity,
        }
        self.file.write(json.dumps(order).encode() + b"\n")
        self.file.flush()
        os.fsync(self.file.fileno())
        self._enter(order)
        return order

    def _enter(self, order):
        self.orders[order["order_id"]] = order
        self.positions[order["account"]] = order["position"]
