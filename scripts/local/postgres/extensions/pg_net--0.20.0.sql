-- Local stand-in for pg_net 0.20: the same tables, functions and grants. scripts/local/platform/net.ts sends the requests; a
-- notification wakes it at the commit, so nothing is sent for a transaction that rolls back.

create schema net;

create domain net.http_method as text check (lower(value) in ('get', 'post', 'delete'));

create unlogged table net.http_request_queue (
  id bigserial,
  method net.http_method not null,
  url text not null,
  headers jsonb,
  body bytea,
  timeout_milliseconds integer not null
);

create unlogged table net._http_response (
  id bigint,
  status_code integer,
  content_type text,
  headers jsonb,
  content text,
  timed_out boolean,
  error_msg text,
  created timestamptz not null default now()
);
create index on net._http_response (created);

create function net.stand_in_notify()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  perform pg_notify('stand_in_net', '');
  return null;
end;
$$;
create trigger stand_in_notify
  after insert on net.http_request_queue
  for each statement execute function net.stand_in_notify();

create function net._urlencode_string(string varchar)
returns text
language sql
immutable
strict
set search_path = ''
as $$
  select string_agg(
    case
      when part ~ '^[A-Za-z0-9_.~-]$' then part
      else regexp_replace(upper(encode(convert_to(part, 'utf8'), 'hex')), '(..)', '%\1', 'g')
    end,
    '' order by place
  )
  from regexp_split_to_table(string, '') with ordinality as parts (part, place)
$$;

create function net._encode_url_with_params_array(url text, params_array text[])
returns text
language sql
immutable
strict
set search_path = ''
as $$
  select case
    when cardinality(params_array) = 0 then url
    else url || case when url like '%?%' then '&' else '?' end || array_to_string(params_array, '&')
  end
$$;

create function net.stand_in_enqueue(
  method text,
  url text,
  params jsonb,
  headers jsonb,
  body jsonb,
  timeout_milliseconds integer
)
returns bigint
language sql
set search_path = ''
as $$
  insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds)
  values (
    stand_in_enqueue.method,
    net._encode_url_with_params_array(
      stand_in_enqueue.url,
      (
        select coalesce(array_agg(net._urlencode_string(key) || '=' || net._urlencode_string(value)), '{}')
        from jsonb_each_text(params)
      )
    ),
    stand_in_enqueue.headers,
    convert_to(stand_in_enqueue.body::text, 'utf8'),
    stand_in_enqueue.timeout_milliseconds
  )
  returning id
$$;

create function net.http_get(
  url text,
  params jsonb default '{}',
  headers jsonb default '{}',
  timeout_milliseconds integer default 5000
)
returns bigint
language sql
strict
set search_path = ''
as $$
  select net.stand_in_enqueue('GET', url, params, headers, null, timeout_milliseconds)
$$;

create function net.http_delete(
  url text,
  params jsonb default '{}',
  headers jsonb default '{}',
  timeout_milliseconds integer default 5000,
  body jsonb default null
)
returns bigint
language sql
set search_path = ''
as $$
  select net.stand_in_enqueue('DELETE', url, params, headers, body, timeout_milliseconds)
$$;

create function net.http_post(
  url text,
  body jsonb default '{}',
  params jsonb default '{}',
  headers jsonb default '{"Content-Type": "application/json"}',
  timeout_milliseconds integer default 5000
)
returns bigint
language plpgsql
set search_path = ''
as $$
declare
  content_type text;
begin
  select value into content_type
  from jsonb_each_text(coalesce(headers, '{}'))
  where lower(key) = 'content-type'
  limit 1;
  if content_type is null then
    headers := coalesce(headers, '{}') || '{"Content-Type": "application/json"}';
  elsif content_type <> 'application/json' then
    raise exception 'Content-Type header must be "application/json"';
  end if;
  if body is null then
    raise exception 'body must not be null';
  end if;
  return net.stand_in_enqueue('POST', url, params, headers, body, timeout_milliseconds);
end;
$$;

grant usage on schema net to public;
grant all on all tables in schema net to public;
grant all on all sequences in schema net to public;
