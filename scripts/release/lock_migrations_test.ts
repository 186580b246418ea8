import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MIGRATIONS_DIR, PROJECT_DIR } from "../cli/paths.ts";
import {
  type Digests,
  digestsOf,
  faultsOf,
  readLock,
  writeLock,
} from "./lock_migrations.ts";

const LOCKED: Digests = new Map([["1_a.sql", "aa"], ["2_b.sql", "bb"]]);

function faultsWith(change: (found: Digests) => void): string[] {
  const found = new Map(LOCKED);
  change(found);
  return faultsOf(LOCKED, found);
}

Deno.test("the released migrations of this project are as they were released", async () => {
  const lock = readFileSync(join(PROJECT_DIR, "supabase/migrations.lock"));
  const locked = readLock(lock.toString());
  assert.notEqual(locked.size, 0);
  assert.deepEqual(faultsOf(locked, await digestsOf(MIGRATIONS_DIR)), []);
});

Deno.test("a migration after the released ones is welcome", () => {
  assert.deepEqual(faultsWith((found) => found.set("3_c.sql", "cc")), []);
});

Deno.test("a released migration that was changed is refused", () => {
  const [fault] = faultsWith((found) => found.set("1_a.sql", "ab"));
  assert.match(fault!, /1_a\.sql is released and was changed: restore it/);
});

Deno.test("a released migration that was deleted is refused", () => {
  const [fault] = faultsWith((found) => found.delete("2_b.sql"));
  assert.match(fault!, /2_b\.sql is released and is gone/);
});

Deno.test("a released migration that was renamed is refused", () => {
  const faults = faultsWith((found) => {
    found.delete("2_b.sql");
    found.set("2_c.sql", "bb");
  });
  assert.equal(faults.length, 1);
});

Deno.test("a migration before a released one is refused", () => {
  const [fault] = faultsWith((found) => found.set("1_b.sql", "cc"));
  assert.match(fault!, /1_b\.sql comes before 2_b\.sql/);
});

Deno.test("the lock is read as it was written", () => {
  assert.deepEqual(readLock(writeLock(LOCKED)), LOCKED);
});
