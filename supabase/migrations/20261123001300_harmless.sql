create function private.harmless(said text)
returns text
language sql
immutable
set search_path = ''
as $$
  with visible as (
    select regexp_replace(regexp_replace(replace(said, e'\t', ' '),
      e'\r\n|[\n\r\v\f\u0085\u2028\u2029]', '␤', 'g'),
      e'[\u0001-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e'
        '\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]', '�', 'g') as text
  ),
  plain as (
    select translate(replace(replace(text, '](', '] ('), '://', '∶//'), '@<>`*~|#', '＠‹›ˋ∗∼∣＃') as text from visible
  )
  select regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(text,
    '([0-9]{1,3})[.]([0-9]{1,3})[.]([0-9]{1,3})[.]([0-9]{1,3})', '\1․\2․\3․\4', 'g'),
    e'(?<=[-0-9A-Za-z\u0080-\U0010ffff])[.](?=[A-Za-z\u0080-\U0010ffff])', '․', 'g'),
    '(?<![0-9A-Za-z_])/(?=[0-9A-Za-z_])', '∕', 'g'),
    '[$](?=[A-Za-z])', '＄', 'g'),
    '[+](?=[0-9]{7})', '＋', 'g')
  from plain;
$$;

comment on function private.harmless(text) is
  'Returns what a sender or a target said as people may read it in any chat: on one line, with every character '
  'visible, and with nothing that a chat makes a mention, a link, a command or a format of. The bot''s twin is in '
  '_shared/harmless.ts; a test compares them.';

create function private.as_text(body bytea)
returns text
language plpgsql
immutable
set search_path = ''
as $$
begin
  return convert_from(body, 'UTF8');
exception when character_not_in_repertoire or untranslatable_character then
  return encode(body, 'escape');
end;
$$;

comment on function private.as_text(bytea) is 'Returns a body as text; bytes that are no UTF-8 are shown as escapes.';

create function private.without_answer(error text)
returns text
language sql
immutable
set search_path = ''
as $$
  select regexp_replace(error, '^(Target answered [^3][0-9]{2}): .*$', '\1');
$$;

comment on function private.without_answer(text) is
  'Returns the reason of a failed delivery without what the target answered, which may hold secrets: that stands in '
  'dispatch_attempts and nowhere else.';

create function private.shown_target(target text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
begin
  return regexp_replace(shown_target.target, '^(https?://[^/?#]+)[/?#].+$', '\1/…');
end;
$$;

comment on function private.shown_target(text) is
  'Returns where a route leads as everybody may read it: of a URL only scheme and host, since its path may be as good '
  'as a password. Only the kit, reveal and the table of routes have the whole.';

revoke execute on function
  private.harmless(text), private.as_text(bytea), private.without_answer(text), private.shown_target(text)
from public, anon, authenticated, service_role;
