/** Uses up what an isolate may use, for the tests of its limits. */
declare const EdgeRuntime: { waitUntil(promise: Promise<unknown>): void };

/** Tells one isolate from another. */
const isolate = crypto.randomUUID();

globalThis.addEventListener("beforeunload", (event) => {
  // deno-lint-ignore no-console -- the log is how a test hears of it
  console.log(`beforeunload: ${(event as CustomEvent).detail.reason}`);
});

// A moment after it listens.
if (Deno.env.has("ENDS_BY_ITSELF")) setTimeout(() => Deno.exit(1));

async function use(request: Request): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const ms = Number(searchParams.get("ms") ?? Infinity);
  if (pathname === "/busy/spin") spin(ms);
  if (pathname === "/busy/wait") await wait(ms);
  if (pathname === "/busy/background") EdgeRuntime.waitUntil(wait(ms));
  if (pathname === "/busy/grow") grow();
  if (pathname === "/busy/pid") return Response.json(Deno.pid);
  return Response.json(isolate);
}

/** Uses the CPU, and keeps the event loop from anything else. */
function spin(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.min(ms, 60_000)));
}

/** Fills the heap until there is no more. */
function grow(): void {
  const kept: number[][] = [];
  while (true) kept.push(Array(100_000).fill(kept.length));
}

export default { fetch: use };
