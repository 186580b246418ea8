/** Executes a signal: once, however often it comes, and never closing more than is open. */
/** A signal that cannot be executed, now or later. */
export class Unexecutable extends Error {}

/** Returns the order that executes a signal, none if it asks for none; throws `Unexecutable`. */
export async function execute(
  broker,
  message,
  { defaultQuantity, brokerDelayMs, mayTrade },
) {
  if (message.is_test) return;
  if (message.action === "hold" || message.action === "cancel") return;
  await new Promise((wake) => setTimeout(wake, brokerDelayMs));
  const placed = broker.find(message.signal_id);
  if (placed) return placed;
  if (Date.parse(message.expires_at) < Date.now()) {
    throw new Unexecutable("It expired before it could be executed");
  }
  if (!message.symbol) throw new Unexecutable("The signal names no symbol");
  if (!mayTrade()) throw new Error("The lease has ended");
  const account = `${message.strategy} ${message.symbol}`;
  const position = broker.position(account);
  return broker.place({
    order_id: message.signal_id,
    account,
    quantity: quantityOf(message, position, defaultQuantity),
    price: message.price,
  });
}

/** Returns how much to buy; to sell, if negative. */
function quantityOf({ action, intent, quantity }, position, defaultQuantity) {
  const stated = () => {
    const found = quantity ?? defaultQuantity;
    if (found > 0) return found;
    throw new Unexecutable("It names no quantity: set DEFAULT_QUANTITY");
  };
  if (intent === "close") return 0 - position;
  // TradingView's words: what it buys and sells, whatever that does to a position.
  if (intent === null && action === "buy") return stated();
  if (intent === null && action === "sell") return -stated();
  const sign = intent?.endsWith("_long") ? 1 : -1;
  const open = Math.max(0, position * sign);
  const other = Math.max(0, -position * sign);
  switch (intent?.replace(/_(long|short)$/, "")) {
    case "open":
    case "add":
      return sign * stated();
    case "reduce":
      return 0 - sign * Math.min(open, stated());
    case "close":
      return 0 - sign * open;
    case "reverse_to": // the quantity closes the other side and opens this one
      return sign * Math.max(other, stated());
    default:
      throw new Unexecutable(`It has an unknown intent, ${intent}`);
  }
}
