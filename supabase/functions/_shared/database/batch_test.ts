import assert from "node:assert/strict";
import { batch } from "./batch.ts";

Deno.test("an item alone is sent at once", async () => {
  const ask = batch({
    send: (items: number[]) => Promise.resolve(items),
    maxItems: 10,
  });
  assert.equal(await ask(1), 1);
});

Deno.test("what comes while a call is in flight goes together with the next", async () => {
  const batches: number[][] = [];
  const first = Promise.withResolvers<void>();
  const ask = batch({
    send: async (items: number[]) => {
      batches.push(items);
      if (batches.length === 1) await first.promise;
      return items.map((item) => item * 10);
    },
    maxItems: 10,
  });
  const answers = [1, 2, 3].map(ask);
  first.resolve();
  assert.deepEqual(await Promise.all(answers), [10, 20, 30]);
  assert.deepEqual(batches, [[1], [2, 3]]);
});

Deno.test("a call takes no more items than allowed", async () => {
  const sizes: number[] = [];
  const ask = batch({
    send: (items: number[]) =>
      Promise.resolve((sizes.push(items.length), items)),
    maxItems: 2,
  });
  await Promise.all([1, 2, 3, 4].map(ask));
  assert.deepEqual(sizes, [1, 2, 1]);
});

Deno.test("a failed call fails its own items and no others", async () => {
  let calls = 0;
  const ask = batch({
    send: (items: number[]) =>
      calls++ ? Promise.resolve(items) : Promise.reject(new Error("down")),
    maxItems: 1,
  });
  const failing = ask(1);
  const next = ask(2);
  await assert.rejects(failing, /down/);
  assert.equal(await next, 2);
});

Deno.test("a call with too few results fails its items", async () => {
  const ask = batch({ send: () => Promise.resolve([]), maxItems: 1 });
  await assert.rejects(ask(1), /Cannot match/);
});

Deno.test("items of one key go as one, in the order of their first asking", async () => {
  const batches: string[][] = [];
  const ask = batch({
    send: (items: string[]) => {
      batches.push(items);
      return Promise.resolve(items.map((item) => item.toUpperCase()));
    },
    maxItems: 2,
    key: (item) => item,
  });
  const answers = ["x", "a", "b", "a", "c", "b"].map(ask);
  const given = ["X", "A", "B", "A", "C", "B"];
  assert.deepEqual(await Promise.all(answers), given);
  assert.deepEqual(batches, [["x"], ["a", "b"], ["c"]]);
});

Deno.test("what is asked for while it is being sent is sent anew", async () => {
  let calls = 0;
  const ask = batch({
    send: (items: string[]) => Promise.resolve(items.map(() => ++calls)),
    maxItems: 2,
    key: (item) => item,
  });
  assert.deepEqual(await Promise.all([ask("a"), ask("a"), ask("a")]), [
    1,
    2,
    2,
  ]);
});

Deno.test("what waited too long is not sent, and what came later is", async () => {
  const first = Promise.withResolvers<void>();
  const sent: string[] = [];
  const ask = batch({
    send: async (items: string[]) => {
      sent.push(...items);
      if (items[0] === "first") await first.promise;
      return items;
    },
    maxItems: 10,
    maxWaitMs: 40,
  });
  const answers = [ask("first"), ask("old")];
  const late = assert.rejects(answers[1]!, /after 40 ms/);
  await new Promise((wake) => setTimeout(wake, 60));
  const young = ask("young");
  first.resolve();
  await late;
  assert.equal(await young, "young");
  assert.deepEqual(sent, ["first", "young"]);
});

Deno.test("calls keep their distance", async () => {
  const starts: number[] = [];
  const ask = batch({
    send: (items: number[]) =>
      Promise.resolve((starts.push(performance.now()), items)),
    maxItems: 1,
    minIntervalMs: 30,
  });
  await Promise.all([1, 2, 3].map(ask));
  assert.ok(starts[2]! - starts[0]! >= 58, `${starts[2]! - starts[0]!}`);
});

/** Sends items such as `a1`: lane a, which is closed until `open` is called. */
function lanes({ forMs = 10_000 } = {}) {
  const batches: string[][] = [];
  let isOpen = false;
  const ask = batch({
    send: (items: string[]) => {
      batches.push(items);
      return Promise.resolve(
        items.map((item) => isOpen || item[0] !== "a" ? item : "closed"),
      );
    },
    maxItems: 3,
    retry: {
      isDue: (result) => result === "closed",
      lane: (item) => item[0],
      pauseMs: 5,
      forMs,
    },
  });
  return { ask, batches, open: () => isOpen = true };
}

Deno.test("what is sent again keeps no other lane waiting, however much of it there is", async () => {
  const { ask, open } = lanes();
  const closed = ["a1", "a2", "a3", "a4", "a5"].map(ask);
  assert.deepEqual(await Promise.all(["b1", "b2", "b3"].map(ask)), [
    "b1",
    "b2",
    "b3",
  ]);
  open();
  assert.deepEqual(await Promise.all(closed), ["a1", "a2", "a3", "a4", "a5"]);
});

Deno.test("nothing overtakes what is sent again in its lane", async () => {
  const { ask, batches, open } = lanes();
  const first = ask("a1");
  await ask("b1");
  const others = [ask("a2"), ask("a3")];
  open();
  await Promise.all([first, ...others]);
  const sent = batches.flat().filter((item) => item[0] === "a");
  assert.deepEqual(sent.slice(sent.lastIndexOf("a1")), ["a1", "a2", "a3"]);
});

Deno.test("what is sent again for too long gets its result, and so does what waits behind it", async () => {
  const { ask } = lanes({ forMs: 30 });
  assert.deepEqual(await Promise.all(["a1", "a2"].map(ask)), [
    "closed",
    "closed",
  ]);
});
