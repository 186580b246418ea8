/** A connection that is kept open, with one request at a time. */
import { type Answer, parseResponse } from "./response.ts";

export interface Address {
  hostname: string;
  port: number;
}

/** More than any answer to an alert. */
const BUFFER_BYTES = 64 * 1024;

export class Connection {
  readonly #address: Address;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #socket: Deno.TcpConn | undefined;

  constructor(address: Address) {
    this.#address = address;
  }

  /** Connects, unless it is connected. */
  async open(): Promise<void> {
    if (this.#socket) return;
    this.#socket = await Deno.connect(this.#address);
    this.#socket.setNoDelay(true);
  }

  /** Sends a request and returns its answer; throws if the connection ends before that. */
  async exchange(request: Uint8Array): Promise<Answer> {
    await this.open();
    const socket = this.#socket!;
    try {
      let sent = 0;
      while (sent < request.length) {
        sent += await socket.write(request.subarray(sent));
      }
      const answer = await this.#receive(socket);
      if (answer.closes) this.close();
      return answer;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Ends it; what waits for an answer fails. */
  close(): void {
    try {
      this.#socket?.close();
    } catch {
      // It has ended already.
    }
    this.#socket = undefined;
  }

  async #receive(socket: Deno.TcpConn): Promise<Answer> {
    let length = 0;
    while (true) {
      const count = await socket.read(this.#buffer.subarray(length));
      if (count === null || count === 0) {
        throw new Error("The connection was closed before the answer");
      }
      length += count;
      const answer = parseResponse(this.#buffer.subarray(0, length));
      if (answer) return answer;
    }
  }
}
