/** Names in other spellings: what the database takes for one name is one everywhere, and nothing else is. */
import assert from "node:assert/strict";
import { openDatabase, provision, register, send } from "../support/project.ts";
import { openChat } from "../support/telegram_chat.ts";

/** JavaScript folds Σ, İ and ẞ otherwise than Postgres, or than a person would. */
const NAMES = ["ΧΡΥΣΟΣ", "İstanbul", "Straße", "STRAẞE", "ǅungla", "Σίσυφος"];

/** Returns the name in every spelling that might be taken for it. */
function spellingsOf(name: string): string[] {
  const cases = [name, name.toLowerCase(), name.toUpperCase()];
  const swapped = cases.flatMap((one) => [
    one.replaceAll("ς", "σ"),
    one.replaceAll("σ", "ς"),
    one.replaceAll("İ", "i"),
    one.replaceAll("i̇", "i"),
    one.replaceAll("ß", "ẞ"),
    one.replaceAll("ẞ", "ß"),
  ]);
  return [...new Set([...cases, ...swapped])];
}

/** Returns the spellings that the database takes for the name, and those that it does not. */
async function foldedBySql(name: string, spellings: string[]) {
  await using database = openDatabase();
  const rows = await database.sql`
    select spelling, lower(spelling) = lower(${name}) as is_same
    from unnest(${spellings}::text[]) as spelling`;
  const same = rows.filter(({ is_same }) => is_same);
  const other = rows.filter(({ is_same }) => !is_same);
  return [same, other].map((some) => some.map(({ spelling }) => spelling));
}

for (const [index, base] of NAMES.entries()) {
  Deno.test(`a strategy called ${base} is found under each spelling that registration takes for its name, and no other`, async () => {
    const name = `${base} ${Date.now().toString(36)}${index}`;
    const kit = await register({ name });
    const { slug } = kit.strategy;
    const [same, other] = await foldedBySql(name, spellingsOf(name));
    assert.ok(same!.includes(name));
    await using chat = await openChat();
    for (const [n, spelling] of same!.entries()) {
      const path = encodeURIComponent(spelling);
      const alert = (text: string) =>
        JSON.stringify({ strategy: spelling, signal: "BUY", n, text });
      const dedicated = kit.urls.dedicated;
      const found = [
        (await send(kit.urls.universal, alert("universal"))).status,
        (await send(dedicated.replace(slug, path), alert("alias"))).status,
        (await send(dedicated, alert("payload"))).status,
        (await provision("GET", `/strategies/${path}`)).status,
        (await provision("POST", "/strategies", { name: spelling })).status,
        (await chat.ask(`/url ${spelling}`)).text.includes(slug),
      ];
      assert.deepEqual(found, [202, 202, 202, 200, 200, true], spelling);
    }
    for (const spelling of other!) {
      const alert = JSON.stringify({ strategy: spelling, signal: "BUY" });
      const answers = await Promise.all([
        send(kit.urls.universal, alert),
        send(kit.urls.dedicated, alert),
      ]);
      assert.deepEqual(answers.map(({ body }) => body.code), [
        "unknown_strategy",
        "strategy_mismatch",
      ], spelling);
    }
  });
}

Deno.test("a misspelt name is answered with its strategy's slug, whatever its alphabet", async () => {
  const kit = await register({ name: `ΘΗΣΑΥΡΟΣ ${crypto.randomUUID()}` });
  const strategy = kit.strategy.name.replace("ΘΗΣΑΥΡΟΣ", "ΘΗΣΑΥΡΟ");
  const alert = JSON.stringify({ strategy, signal: "BUY" });
  const { body } = await send(kit.urls.universal, alert);
  assert.match(
    String(body["detail"]),
    RegExp(`did you mean ${kit.strategy.slug}\\?`),
  );
});

Deno.test("a name of a hundred characters outside the plane of common ones is found", async () => {
  const name = "🂡".repeat(92) + crypto.randomUUID().slice(0, 8);
  await using database = openDatabase();
  await database.sql`insert into strategies (name) values (${name})`;
  const { universal } = (await register()).urls;
  const alert = JSON.stringify({ strategy: name, signal: "BUY" });
  assert.equal((await send(universal, alert)).status, 202);
});

Deno.test("a name that Postgres cannot keep is nobody's, and no outage", async () => {
  const { urls } = await register();
  const { status } = await send(
    urls.universal,
    '{"strategy": "\\ud800", "signal": "BUY"}',
  );
  assert.equal(status, 422);
});

Deno.test("a name that was pasted into Studio between unusual spaces is found", async () => {
  const name = `Pasted ${crypto.randomUUID()}`;
  await using database = openDatabase();
  await database.sql`
    insert into strategies (name) values (${`\u00a0${name}\u2003\ufeff`})`;
  const { universal } = (await register()).urls;
  const alert = JSON.stringify({ strategy: name, signal: "BUY" });
  assert.equal((await send(universal, alert)).status, 202);
});
