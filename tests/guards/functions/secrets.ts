/** Guards of what is kept and shown: no secret leaves. */
import { DISPATCH, DOMAIN, migration, type Mutation } from "../mutation.ts";

const DELIVER = ["supabase/functions/dispatch/deliver_test.ts"];

const DATABASE_TESTS = ["tests/schema/database_test.ts"];

const LEAKS = ["tests/canary/leaks_test.ts"];

export const SECRETS_GUARDS: Mutation[] = [
  {
    guard: "an answer is kept without what is ours",
    file: `${DISPATCH}/excerpt.ts`,
    from: "maskText(text, own.flatMap(spellingsOf))",
    to: "(maskText, spellingsOf, own, text)",
    tests: DELIVER,
    filter: "keeps nothing of ours",
  },
  {
    guard: "the sent signature is masked",
    file: `${DISPATCH}/deliver.ts`,
    from: ', signed["webhook-signature"].slice(3)]',
    to: "]",
    tests: DELIVER,
    filter: "keeps nothing of ours that a target answers as a text",
  },
  {
    guard: "an answer that ends within a secret shows no part of it",
    file: `${DISPATCH}/excerpt.ts`,
    from: "isCut ? masked.slice(0, -MAX_CUT_SECRET) : masked",
    to: "isCut && MAX_CUT_SECRET ? masked : masked",
    tests: DELIVER,
    filter: "a secret at the end of what is read",
  },
  {
    guard: "functions get no secret key that their route does not ask for",
    file: `${DISPATCH}/deliver.ts`,
    from: 'kind === "function" && dispatch.send_secret_key &&',
    to: 'kind === "function" &&',
    tests: DELIVER,
    filter: "whose route asks for it",
  },
  {
    guard: "a private key is no key set",
    file: migration("strategies"),
    from: "if jsonb_path_exists(new.jwks,",
    to: "if false and jsonb_path_exists(new.jwks,",
    tests: DATABASE_TESTS,
    filter: "0005_strategies",
  },
  {
    guard: "the audit has no path of a URL",
    file: migration("strategy_events"),
    from: "if tg_table_name = 'routes' then",
    to: "if false then",
    tests: DATABASE_TESTS,
    filter: "_strategy_events",
  },
  {
    guard: "a dispatch has no path of a URL",
    file: migration("dispatch_signals"),
    from: "private.shown_target(route.target)",
    to: "route.target",
    tests: DATABASE_TESTS,
    filter: "_dispatches",
  },
  {
    guard: "only who may reveal it sees a URL's path",
    file: migration("show_strategies"),
    from: "case when route_json.reveals then",
    to: "case when true then",
    tests: DATABASE_TESTS,
    filter: "_show_strategies",
  },
  {
    guard: "a failed statement is not logged",
    file: "scripts/local/postgres/server/server.ts",
    from: '    "log_min_error_statement": "panic",\n',
    to: "",
    tests: LEAKS,
    filter: "leaves no trace",
  },
  {
    guard: "no key stands in a call's statement",
    file: "scripts/local/rpc/call.ts",
    from: ".filter(isNoKey)",
    to: ".filter((one) => isNoKey(one) || true)",
    tests: LEAKS,
    filter: "leaves no trace",
  },
  {
    guard: "a refused row is not logged",
    file: "scripts/local/postgres/server/server.ts",
    from: '    "log_error_verbosity": "terse",\n',
    to: "",
    tests: LEAKS,
    filter: "leaves no trace",
  },
  {
    guard: "what a target answers goes into no incident",
    file: migration("route_health"),
    from: "'error', private.without_answer(record_route_failure.error)",
    to: "'error', record_route_failure.error",
    tests: ["tests/provision/incidents/channels_test.ts"],
    filter: "what a target answers",
  },
  {
    guard: "a body is searched by name before it is kept",
    file: `${DOMAIN}/mask/body.ts`,
    from: '`"${maskText(string.slice(1, -1), secrets)}"`',
    to: "string",
    tests: LEAKS,
    filter: "leaves no trace",
  },
  {
    guard: "notifications go to users only",
    file: "supabase/functions/_shared/telegram_environment.ts",
    from: "/^\\d{1,15}$/",
    to: "/^-?\\d{1,15}$/",
    tests: ["supabase/functions/_shared/telegram_environment_test.ts"],
    filter: "a group's id",
  },
];
