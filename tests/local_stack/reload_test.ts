/** Functions reload when they are edited, and nobody who calls them notices. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { cp } from "node:fs/promises";
import {
  makeTemporaryDir,
  startTemporaryStack,
} from "../../scripts/local/temporary.ts";
import { eventually, PROJECT } from "./project.ts";

/** Starts a stack on a copy of the project, which may be edited. */
async function startEditable() {
  await using starting = new AsyncDisposableStack();
  const dir = await makeTemporaryDir();
  starting.defer(() => Deno.remove(dir, { recursive: true }));
  await cp(join(PROJECT.functionsDir, ".."), dir, { recursive: true });
  const steps: string[] = [];
  const lines: string[] = [];
  const stack = await startTemporaryStack({
    ...PROJECT,
    functionsDir: join(dir, "functions"),
    reload: true,
    onStep: (step) => steps.push(step),
    onLine: (name, line) => lines.push(`${name}: ${line}`),
  });
  starting.defer(() => stack.close());
  const started = starting.move();
  const url = `${stack.apiUrl}/functions/v1/echo`;
  return {
    steps,
    lines,
    url,
    /** Waits until so many lines of the functions include a text. */
    async untilLogged(text: string, times: number) {
      const isLogged = () =>
        lines.filter((line) => line.includes(text)).length >= times;
      await eventually(() => Promise.resolve(isLogged() || undefined));
    },
    async untilAnswered(text: string) {
      await eventually(async () =>
        await (await fetch(url)).text() === text || undefined
      );
    },
    write: (code: string) =>
      Deno.writeTextFile(join(dir, "functions/echo/index.ts"), code),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

/** Returns a function that answers a text; under `/slow` it takes its time. */
const answering = (text: string) =>
  `const later = () => new Promise((wake) => setTimeout(wake, 2000));
  export default {
    async fetch({ url }) {
      if (url.endsWith("/slow")) await later();
      return new Response("${text}");
    },
  };`;

Deno.test("an edited function answers anew, without a request that fails", async () => {
  await using project = await startEditable();
  await project.write(answering("edited"));
  const statuses = new Set<number>();
  await eventually(async () => {
    const response = await fetch(project.url);
    statuses.add(response.status);
    return await response.text() === "edited" || undefined;
  });
  assert.deepEqual([...statuses], [200]);
  assert.deepEqual(project.steps.slice(-1), ["Reloading echo"]);
});

Deno.test("a request that is under way is answered by the function that took it", async () => {
  await using project = await startEditable();
  await project.write(answering("before"));
  await project.untilAnswered("before");
  const slow = fetch(`${project.url}/slow`).then((response) => response.text());
  await project.write(answering("after"));
  await project.untilAnswered("after");
  assert.equal(await slow, "before");
});

Deno.test("a function that no longer starts goes on as it was, and one that is mended takes over", async () => {
  await using project = await startEditable();
  await project.write("export default {");
  await project.untilLogged("Cannot start", 1);
  const response = await fetch(project.url);
  await response.body?.cancel();
  assert.equal(response.status, 200);
  await project.write(answering("mended"));
  await project.untilAnswered("mended");
});

for (const pace of ["slowly", "at once"]) {
  Deno.test(`a function whose reload is overtaken by one that boots ${pace} ends up as the last edit`, async () => {
    await using project = await startEditable();
    const slow = (text: string) =>
      `console.log("boots ${text}");
      await new Promise((wake) => setTimeout(wake, 1000)); ${answering(text)}`;
    await project.write(slow("first"));
    await project.untilLogged("echo: boots first", 1);
    await project.write((pace === "slowly" ? slow : answering)("second"));
    await project.untilLogged("echo: retired: reload", 2);
    await project.untilAnswered("second");
  });
}
