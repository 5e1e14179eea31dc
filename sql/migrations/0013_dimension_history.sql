-- Histories that cannot be corrupted. Every version but the first must follow on one that ends
-- where it begins, and every version but the last must be followed by one that begins where it
-- ends; no two versions of a member begin, or end, at the same moment. What is left is one chain
-- from 1900 to 9999: an overlap, a gap, a second current version, or none, is refused by the
-- server. Plain unique and foreign keys do it, so that it holds on a cluster as well.
-- The checks wait for the end of the transaction, since a load closes a version before it adds the
-- next. A member of one version, as most are, has nothing to look up.
create table warehouse.dimension_attributes (
    dimension text not null,
    attribute text not null,
    scd_type smallint not null,
    known_since timestamptz,
    loaded_at timestamptz not null,
    constraint dimension_attributes_natural_key primary key (dimension, attribute),
    constraint dimension_attributes_scd_type_known check (scd_type in (1, 2))
);

select ops.place('warehouse.dimension_attributes', 'reference', null, null);

comment on table warehouse.dimension_attributes is
'How the attributes of dimensions with history change, as [warehouse.dimensions] declared it at the
last load; a load that finds another declaration computes all versions anew';
comment on column warehouse.dimension_attributes.dimension is 'customers, products or stores';
comment on column warehouse.dimension_attributes.attribute is 'Column of the dimension';
comment on column warehouse.dimension_attributes.scd_type is
'2: a change begins a version; 1: all versions show the latest value';
comment on column warehouse.dimension_attributes.known_since is
'Before this moment the attribute counts as unknown, and has the value that it had first from then
on; null: known from the beginning';
comment on column warehouse.dimension_attributes.loaded_at is
'Start of the run that last changed the row';

create table warehouse.work_members (
    dimension text not null,
    source text not null,
    member_id text not null,
    is_deleted boolean not null,
    batch_id bigint not null
);

select ops.place('warehouse.work_members', 'reference', null, null);

comment on table warehouse.work_members is
'Members of dimensions with history whose versions a load computes anew; empty between loads';
comment on column warehouse.work_members.dimension is 'customers, products or stores';
comment on column warehouse.work_members.source is 'Source of the member';
comment on column warehouse.work_members.member_id is 'Member as the source names it';
comment on column warehouse.work_members.is_deleted is 'Whether the source deleted the member';
comment on column warehouse.work_members.batch_id is 'Batch that last changed the member';

create table warehouse.work_instants (
    dimension text not null,
    source text not null,
    member_id text not null,
    starts_at timestamptz not null,
    is_deleted boolean not null,
    batch_id bigint not null,
    content jsonb not null
);

select ops.place('warehouse.work_instants', 'reference', null, null);

comment on table warehouse.work_instants is
'What the log says of each moment of those members; empty between loads';
comment on column warehouse.work_instants.dimension is 'customers, products or stores';
comment on column warehouse.work_instants.source is 'Source of the member';
comment on column warehouse.work_instants.member_id is 'Member as the source names it';
comment on column warehouse.work_instants.starts_at is 'The moment';
comment on column warehouse.work_instants.is_deleted is
'Whether the source deleted the member then';
comment on column warehouse.work_instants.batch_id is 'Batch that said so';
comment on column warehouse.work_instants.content is
'Attributes with history that are not null, by name; empty for a deletion';

create table warehouse.work_versions (
    dimension text not null,
    source text not null,
    member_id text not null,
    effective_at timestamptz,
    valid_from timestamptz not null,
    valid_to timestamptz not null,
    is_deleted boolean not null,
    batch_id bigint not null,
    content jsonb not null
);

select ops.place('warehouse.work_versions', 'reference', null, null);

comment on table warehouse.work_versions is
'Versions of those members; empty between loads';
comment on column warehouse.work_versions.dimension is 'customers, products or stores';
comment on column warehouse.work_versions.source is 'Source of the member';
comment on column warehouse.work_versions.member_id is 'Member as the source names it';
comment on column warehouse.work_versions.effective_at is
'Moment of the change that begins the version; null for a stub';
comment on column warehouse.work_versions.valid_from is 'First moment of the version';
comment on column warehouse.work_versions.valid_to is 'First moment after the version';
comment on column warehouse.work_versions.is_deleted is
'Whether the version says that the source deleted the member';
comment on column warehouse.work_versions.batch_id is 'Batch that brought the version';
comment on column warehouse.work_versions.content is
'Attributes with history that are not null, by name';

alter table warehouse.dim_customers add column follows_at timestamptz
generated always as (nullif(valid_from, timestamptz '1900-01-01 00:00:00+00')) stored;

alter table warehouse.dim_customers add column precedes_at timestamptz
generated always as (nullif(valid_to, timestamptz '9999-12-31 00:00:00+00')) stored;

alter table warehouse.dim_customers add constraint dim_customers_one_end
unique (source, customer_id, valid_to);

alter table warehouse.dim_customers add constraint dim_customers_follows_one
foreign key (source, customer_id, follows_at)
references warehouse.dim_customers (source, customer_id, valid_to)
deferrable initially deferred;

alter table warehouse.dim_customers add constraint dim_customers_precedes_one
foreign key (source, customer_id, precedes_at)
references warehouse.dim_customers (source, customer_id, valid_from)
deferrable initially deferred;

comment on column warehouse.dim_customers.follows_at is
'End of the version before this one, which must exist; null for the first';
comment on column warehouse.dim_customers.precedes_at is
'Beginning of the version after this one, which must exist; null for the current one';

alter table warehouse.dim_products add column follows_at timestamptz
generated always as (nullif(valid_from, timestamptz '1900-01-01 00:00:00+00')) stored;

alter table warehouse.dim_products add column precedes_at timestamptz
generated always as (nullif(valid_to, timestamptz '9999-12-31 00:00:00+00')) stored;

alter table warehouse.dim_products add constraint dim_products_one_end
unique (source, product_id, valid_to);

alter table warehouse.dim_products add constraint dim_products_follows_one
foreign key (source, product_id, follows_at)
references warehouse.dim_products (source, product_id, valid_to)
deferrable initially deferred;

alter table warehouse.dim_products add constraint dim_products_precedes_one
foreign key (source, product_id, precedes_at)
references warehouse.dim_products (source, product_id, valid_from)
deferrable initially deferred;

comment on column warehouse.dim_products.follows_at is
'End of the version before this one, which must exist; null for the first';
comment on column warehouse.dim_products.precedes_at is
'Beginning of the version after this one, which must exist; null for the current one';

alter table warehouse.dim_stores add column follows_at timestamptz
generated always as (nullif(valid_from, timestamptz '1900-01-01 00:00:00+00')) stored;

alter table warehouse.dim_stores add column precedes_at timestamptz
generated always as (nullif(valid_to, timestamptz '9999-12-31 00:00:00+00')) stored;

alter table warehouse.dim_stores add constraint dim_stores_one_end
unique (source, store_id, valid_to);

alter table warehouse.dim_stores add constraint dim_stores_follows_one
foreign key (source, store_id, follows_at)
references warehouse.dim_stores (source, store_id, valid_to)
deferrable initially deferred;

alter table warehouse.dim_stores add constraint dim_stores_precedes_one
foreign key (source, store_id, precedes_at)
references warehouse.dim_stores (source, store_id, valid_from)
deferrable initially deferred;

comment on column warehouse.dim_stores.follows_at is
'End of the version before this one, which must exist; null for the first';
comment on column warehouse.dim_stores.precedes_at is
'Beginning of the version after this one, which must exist; null for the current one';

-- Which attributes have history is declared, no longer a property of the tables.
comment on table warehouse.dim_customers is
'A version of a customer (SCD2 on the attributes that warehouse.dimension_attributes names)';
comment on table warehouse.dim_products is
'A version of a product (SCD2 on the attributes that warehouse.dimension_attributes names)';
comment on table warehouse.dim_stores is
'A version of a store (SCD2 on the attributes that warehouse.dimension_attributes names)';

comment on column warehouse.dim_products.product_name is 'Name of the product';
comment on column warehouse.dim_products.category_path is
'Names from the top of the category tree down, with > between; as the tree is now';
comment on column warehouse.dim_products.brand is 'Brand';
comment on column warehouse.dim_products.supplier_id is 'Usual supplier';
comment on column warehouse.dim_products.is_active is 'Whether the product is on sale';
comment on column warehouse.dim_stores.store_name is 'Name of the store';
comment on column warehouse.dim_stores.store_type is 'Kind of store';
comment on column warehouse.dim_stores.manager is 'Name of the manager';
comment on column warehouse.dim_stores.city is 'City';
comment on column warehouse.dim_stores.state is 'State or province';
comment on column warehouse.dim_stores.country is 'Country';
comment on column warehouse.dim_stores.region is 'Sales region';
comment on column warehouse.dim_stores.opened_date is 'Day on which the store opened';
