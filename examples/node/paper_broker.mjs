/** A broker that trades at once, at the signal's price, and a book of its orders that outlives the process. */

import {
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  writeSync,
} from "node:fs";

export class PaperBroker {
  #orders = new Map();
  #positions = new Map();
  #file;

  /** Opens a book: a file with an order a line. One process at a time. */
  constructor(path) {
    this.#file = openSync(path, "a+");
    const text = readFileSync(path, "utf8");
    // A line that a crash has cut off is an order that was never placed.
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    for (const line of whole.split("\n").slice(0, -1)) {
      this.#enter(JSON.parse(line));
    }
    ftruncateSync(this.#file, Buffer.byteLength(whole));
  }

  position(account) {
    return this.#positions.get(account) ?? 0;
  }

  /** Returns the order of an id of ours: a broker that sees it again answers the same order. */
  find(orderId) {
    return this.#orders.get(orderId);
  }

  /** Buys; sells, if the quantity is negative. */
  place({ order_id, account, quantity, price }) {
    const position = this.position(account) + quantity;
    const order = { order_id, account, quantity, price, position };
    writeSync(this.#file, `${JSON.stringify(order)}\n`);
    fsyncSync(this.#file);
    this.#enter(order);
    return order;
  }

  #enter(order) {
    this.#orders.set(order.order_id, order);
    this.#positions.set(order.account, order.position);
  }
}
