/** A broker that trades at once, at the signal's price, and a book of its orders that outlives the process. */

export interface Order {
  /** Ours: a broker that sees it again answers the same order. */
  order_id: string;
  account: string;
  /** The quantity bought; sold, if negative. */
  quantity: number;
  price: number | null;
  /** The position that is open after it. */
  position: number;
}

export class PaperBroker {
  #orders = new Map<string, Order>();
  #positions = new Map<string, number>();
  #file: Deno.FsFile;

  /** Opens a book: a file with an order a line. One process at a time. */
  constructor(path: string) {
    this.#file = Deno.openSync(path, { read: true, write: true, create: true });
    const text = Deno.readTextFileSync(path);
    // A line that a crash has cut off is an order that was never placed.
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    for (const line of whole.split("\n").slice(0, -1)) {
      this.#enter(JSON.parse(line));
    }
    const { length } = new TextEncoder().encode(whole);
    this.#file.truncateSync(length);
    this.#file.seekSync(length, Deno.SeekMode.Start);
  }

  position(account: string): number {
    return this.#positions.get(account) ?? 0;
  }

  find(orderId: string): Order | undefined {
    return this.#orders.get(orderId);
  }

  place(
    { order_id, account, quantity, price }: Omit<Order, "position">,
  ): Order {
    const position = this.position(account) + quantity;
    const order = { order_id, account, quantity, price, position };
    this.#file.writeSync(
      new TextEncoder().encode(`${JSON.stringify(order)}\n`),
    );
    this.#file.syncSync();
    this.#enter(order);
    return order;
  }

  #enter(order: Order): void {
    this.#orders.set(order.order_id, order);
    this.#positions.set(order.account, order.position);
  }
}
