-- Rule packs that a merchant, or the platform under an id of its own, has
-- installed. An id and a version name one content for ever: a removed one keeps
-- its hash, and its bytes as long as a sale may name it.
create table pack_bundles (
  merchant_id  uuid not null,
  id           uuid not null,
  pack_id      text not null,
  version      text not null,
  hash         text not null,
  manifest_hash text not null,
  module_hash  text not null,
  size         bigint not null,
  trust        text not null,
  signer       text not null default '',
  installed_at bigint not null,
  installed_by uuid,
  removed      boolean not null default false,
  removed_at   bigint,
  removed_by   uuid,
  bundle       bytea,
  primary key (merchant_id, id),
  constraint ck_pack_bundles_bytes check (bundle is not null or removed)
);
create unique index ux_pack_bundles_pack_id_version on pack_bundles (merchant_id, pack_id, version);
create index ix_pack_bundles_module on pack_bundles (module_hash);

-- Public keys whose packs a merchant trusts.
create table pack_keys (
  merchant_id uuid not null,
  id          uuid not null,
  name        text not null,
  public_key  bytea not null,
  added_at    bigint not null,
  added_by    uuid,
  removed_at  bigint,
  removed_by  uuid,
  primary key (merchant_id, id)
);
create unique index ux_pack_keys_public_key on pack_keys (merchant_id, public_key) where removed_at is null;
