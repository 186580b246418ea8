/** Calls of the API that change a strategy, that make workers, and that workers and scrapers make. */
type Args = Record<string, unknown>;

/** Changes a strategy, and adds, changes and deletes a route of it. */
export async function change(
  call: (name: string, args?: Args) => Promise<unknown>,
  name: string,
): Promise<void> {
  await call("patch_strategy", { name, settings: { aliases: ["E"] } });
  const settings = { kind: "queue", target: "another" };
  const added = await call("add_route", { name, settings }) as { route: Args };
  const { id } = added.route;
  await call("change_route", { name, id, settings: { enabled: false } });
  await call("delete_route", { name, id });
}

/** Makes a worker of a queue, and lets it claim and settle what waits there. */
export async function work(
  call: (name: string, args?: Args) => Promise<unknown>,
  queue: string,
): Promise<void> {
  const made = { name: "w", queues: [queue] };
  const { worker: { id } } = await call("create_worker", made) as {
    worker: { id: string };
  };
  await call("rotate_worker_key", { id });
  await call("revoke_worker_key", { id });
  await call("list_workers");
  await call("delete_worker", { id });
  const digest = "0".repeat(64);
  const caller = { "key_digest": digest, "remote_ip": "127.0.0.1" };
  await call("find_worker_keys", { "key_digests": [digest] });
  await call("find_metrics_key", { "key_digests": [digest] });
  await call("count_claimable", { waits: [{ ...caller, tests: false }] });
  await call("worker_heartbeat", caller);
  await call("worker_claim", {
    ...caller,
    queue,
    quantity: 1,
    "lease_seconds": 30,
    tests: false,
  });
  await call("worker_settle", {
    ...caller,
    call: "complete",
    queue,
    "message_id": 1,
    receipt: 1,
    details: {},
  });
  const claimed = await call("claim_signals", { queue, worker: "w" });
  const [{ message_id, receipt }] = claimed as [Args];
  const held = { queue, message_id, receipt };
  await call("extend_signal", held);
  await call("reject_signal", { ...held, reason: "no" });
}
