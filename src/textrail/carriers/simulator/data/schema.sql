-- The state of the simulated world. Times are milliseconds UTC.
create table if not exists numbers (
    phone text primary key,
    account_ref text not null,
    secret text not null,
    webhooks_url text not null,
    connected_at integer not null
);
-- `held` handsets are in somebody's hand and take every text; others only have a setting.
create table if not exists handsets (
    phone text primary key,
    previews integer not null,
    held integer not null,
    switched_on_at integer not null
);
-- One row per text between a handset and a number. `to_handset` says which way it went.
create table if not exists texts (
    id integer primary key,
    carrier_ref text not null unique,
    reference text not null default '',
    handset text not null,
    number text not null,
    to_handset integer not null,
    body text not null,
    media text not null default '[]',
    segments integer not null,
    price_micros integer not null default 0,
    state text not null,
    error text not null default '',
    at integer not null,
    arrives_at integer,
    read integer not null default 0
);
create index if not exists texts_by_reference on texts (reference) where reference <> '';
create index if not exists texts_by_thread on texts (handset, number, id);
create table if not exists calls (
    id integer primary key,
    carrier_ref text not null unique,
    handset text not null,
    number text not null,
    outcome text not null,
    seconds integer not null default 0,
    voicemail text not null default '',
    at integer not null
);
create index if not exists calls_by_thread on calls (handset, number, id);
-- A call that is led by the business's instructions. `heard` is what the caller heard so far, and
-- `waits` the instruction that waits for something, both as JSON; `waits` is empty when it is over.
create table if not exists talks (
    carrier_ref text primary key,
    heard text not null default '[]',
    waits text not null default '',
    picked_up_at integer not null,
    talking_to text not null default '',
    talking_since integer,
    outcome text not null default 'missed',
    recordings integer not null default 0
);
create table if not exists pictures (
    token text primary key,
    content_type text not null,
    content blob not null
);
-- What the world will do later: post a webhook, show a preview, fetch a picture, report a sale.
create table if not exists errands (
    id integer primary key,
    kind text not null,
    due_at integer not null,
    url text not null,
    body blob not null default x'',
    number text not null default '',
    handset text not null default '',
    text_id integer,
    attempt integer not null default 0,
    state text not null default 'waiting'
);
create index if not exists errands_due on errands (due_at, id) where state = 'waiting';
create table if not exists tries (
    reference text primary key,
    count integer not null
);
create table if not exists settings (
    name text primary key,
    value text not null
);
create table if not exists orders (
    id integer primary key,
    order_ref text not null unique,
    event text not null,
    at integer not null
);
