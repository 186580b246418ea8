begin;
create extension if not exists pgtap with schema extensions;
select no_plan();

select is(private.harmless(said), shown, format('it is shown as: %s', shown))
from (values
  ('buy 1,234.5 of BTC/USD at 0.5', 'buy 1,234.5 of BTC/USD at 0.5'),
  ('{"action":"buy","price":null}', '{"action":"buy","price":null}'),
  (e'x\nresolved #1 route_down', 'x␤resolved ＃1 route_down'),
  (e'a\r\nb\rc\u2028d\u0085e\tf', 'a␤b␤c␤d␤e f'),
  (e'\u202egnp.exe\u200b\u0007', '�gnp․exe��'),
  ('@everyone <!channel> <@U1>', '＠everyone ‹!channel› ‹＠U1›'),
  ('<https://evil.example|Approve>', '‹https∶/∕evil․example∣Approve›'),
  ('[Approve](https://evil.example)', '[Approve] (https∶/∕evil․example)'),
  ('t.me/evil and 10.0.0.1', 't․me/evil and 10․0․0․1'),
  ('/pause all, then /ack 5', '∕pause all, then ∕ack 5'),
  ('<b>*bold*</b> `code` ||hidden|| ~~no~~', '‹b›∗bold∗‹∕b› ˋcodeˋ ∣∣hidden∣∣ ∼∼no∼∼'),
  ('mail a@evil.example, $TSLA, +4915112345678', 'mail a＠evil․example, ＄TSLA, ＋4915112345678'),
  (null, null)) as example (said, shown);

select is(private.shown_target(target), shown, format('%s is shown as %s', target, shown))
from (values
  ('queue_1', 'queue_1'),
  ('place-order', 'place-order'),
  ('https://example.com', 'https://example.com'),
  ('https://example.com/', 'https://example.com/'),
  ('https://hooks.example.com/services/T0/B0/canary', 'https://hooks.example.com/…'),
  ('https://example.com?key=canary', 'https://example.com/…'),
  ('https://example.com#canary', 'https://example.com/…'),
  ('http://127.0.0.1:9/hook', 'http://127.0.0.1:9/…')) as example (target, shown);

select is(private.as_text('{"a":"“b”"}'::text::bytea), '{"a":"“b”"}', 'a body is shown as the text that it is');
select is(private.as_text('\xff00'::bytea), '\377\000', 'bytes that are no text are shown as escapes');

select is(private.without_answer(error), reason, format('of %s stays %s', to_json(error), reason))
from (values
  (e'Target answered 500: {"apikey":\n"sb_secret_x"}', 'Target answered 500'),
  ('Target answered 500', 'Target answered 500'),
  ('Target answered 302: redirects are not followed', 'Target answered 302: redirects are not followed'),
  ('No answer within 5 s', 'No answer within 5 s')) as example (error, reason);

select * from finish();
rollback;
