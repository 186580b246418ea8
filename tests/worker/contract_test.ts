/** The contract that is served, and the calls that it names. */
import assert from "node:assert/strict";
import openapi from "../../docs/contract/openapi.json" with { type: "json" };
import { FUNCTIONS_URL } from "../support/project.ts";
import { call, withWorker } from "./worker.ts";

Deno.test("GET /provision/openapi.json needs no credential and is the contract, at this project", async () => {
  const response = await fetch(`${FUNCTIONS_URL}/provision/openapi.json`);
  const { servers, ...served } = await response.json();
  const { servers: _, ...published } = openapi;
  assert.equal(response.status, 200);
  assert.match(servers[0].url, /\/functions\/v1$/);
  assert.deepEqual(served, published);
});

Deno.test("the contract has every call of worker, and no other", async () => {
  const { key } = await withWorker();
  const { body } = await call(key, "none");
  const names = `${body["detail"]}`.split(": it has ")[1]!.split(", ");
  const paths = Object.keys(openapi.paths)
    .filter((path) => path.startsWith("/worker/"));
  assert.deepEqual(paths.sort(), names.map((name) => `/worker/${name}`).sort());
});
