/** `deno task trace` and `deno task explain`, as an operator types them. */
import assert from "node:assert/strict";
import { PROJECT_DIR } from "../../../scripts/cli/paths.ts";
import { API_URL, register, SECRET_KEY, send } from "../../support/project.ts";

const ALERT = '{"signal":"BUY","symbol":"XAUUSD","id":"1"}';

interface Run {
  code: number;
  stdout: string;
  stderr: string;
}

async function run(
  name: "trace" | "explain",
  args: string[],
  input: string | Uint8Array<ArrayBuffer> = "",
): Promise<Run> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", `scripts/${name}.ts`, ...args],
    cwd: PROJECT_DIR,
    env: { "SUPABASE_URL": API_URL, "SUPABASE_SECRET_KEY": SECRET_KEY },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  // A command that refuses its arguments reads no input.
  const written = new Blob([input]).stream().pipeTo(command.stdin)
    .catch(() => {});
  const { code, stdout, stderr } = await command.output();
  await written;
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("trace says which project it asks, and then prints the alert's life", async () => {
  const kit = await register();
  const { body } = await send(kit.urls.dedicated, ALERT);
  const { code, stdout } = await run("trace", [String(body.correlation_id)]);
  const [first, second] = stdout.split("\n");
  assert.deepEqual([code, first, second], [
    0,
    `Asking ${API_URL}`,
    `Alert ${body.correlation_id}`,
  ]);
  assert.match(stdout, /bytes: {"signal":"BUY","symbol":"XAUUSD","id":"1"}/);
});

Deno.test("trace prints nothing that moves the cursor, whatever the alert holds", async () => {
  const kit = await register();
  const { body } = await send(
    kit.urls.dedicated,
    '{"signal":"BUY","x":"\u001b[2J\u009b2J\u202e\r"}',
  );
  const { stdout } = await run("trace", [String(body.correlation_id)]);
  const marks = [...stdout].filter((one) =>
    /[\p{C}]/u.test(one) && one !== "\n"
  );
  assert.deepEqual(marks, []);
  assert.match(stdout, /\\u001b\[2J/);
});

Deno.test("explain says which project it asks, then each step and the answer, with exit code 0", async () => {
  const { strategy: { slug } } = await register();
  const { code, stdout } = await run("explain", ["--strategy", slug], ALERT);
  const lines = stdout.split("\n");
  assert.deepEqual([code, lines[0], lines[1], lines.at(-1)], [
    0,
    `Asking ${API_URL}`,
    `For ${slug}, as of now:`,
    "It would be answered 202: accepted",
  ]);
});

Deno.test("explain ends with exit code 1 for an alert that would be refused", async () => {
  const { strategy: { slug } } = await register();
  const args = ["--strategy", slug];
  const { code, stdout } = await run("explain", args, '{"signal":"maybe"}');
  assert.equal(code, 1);
  assert.match(stdout, /It would be refused: 422 invalid_alert$/);
});

Deno.test("explain judges a URL in a line before the alert, and does not repeat its token", async () => {
  const kit = await register();
  const { code, stdout } = await run(
    "explain",
    [],
    `${kit.urls.dedicated}\n${ALERT}\n`,
  );
  assert.equal(code, 0);
  assert.match(stdout, /✓ credential: The token is .* current one/);
  assert.ok(!stdout.includes(kit.token));
});

Deno.test("explain judges the URL of --url without an alert", async () => {
  const kit = await register();
  const { stdout } = await run("explain", ["--url", `${kit.urls.dedicated}x`]);
  assert.match(stdout, /✗ credential: The token is nobody's/);
});

for (const name of ["trace", "explain"] as const) {
  Deno.test(`${name} --help says how to use it`, async () => {
    const { code, stdout } = await run(name, ["--help"]);
    assert.equal(code, 0);
    assert.match(
      stdout,
      new RegExp(`^Usage: deno task ${name} .*Exit code:`, "s"),
    );
  });
}

const REFUSED: [
  name: "trace" | "explain",
  args: string[],
  input: string | Uint8Array<ArrayBuffer>,
  sentence: RegExp,
][] = [
  ["trace", [], "", /^Cannot trace: give one id; see --help$/],
  ["trace", ["a", "b"], "", /^Cannot trace: give one id; see --help$/],
  ["trace", ["nonsense"], "", /^Cannot trace: This is no correlation id.*$/],
  [
    "trace",
    [crypto.randomUUID()],
    "",
    /^Cannot trace: No alert with this correlation id is known.*$/,
  ],
  ["explain", [], "", /^Cannot explain an empty alert: .*$/],
  ["explain", ["BUY"], "", /^Cannot read an alert from the arguments.*$/],
  [
    "explain",
    [],
    Uint8Array.of(0xff, 0xfe),
    /^Cannot read the alert: it is not UTF-8$/,
  ],
  [
    "explain",
    ["--strategy", "Nobody at all"],
    "BUY",
    /^Cannot explain: No strategy is called "Nobody at all"$/,
  ],
  [
    "explain",
    ["--strategy", "Nobody at all", "--url"],
    "BUY",
    /^Cannot read flags: .*--url.*$/,
  ],
  ["explain", [], "x".repeat(70_000), /^Cannot explain: .+$/],
];

for (const [name, args, input, sentence] of REFUSED) {
  Deno.test(`${name} ${args.join(" ")} ends in one sentence: ${sentence.source}`, async () => {
    await Promise.all([register(), register()]);
    const { code, stderr } = await run(name, args, input);
    assert.equal(code, 1);
    assert.match(stderr, sentence);
  });
}
