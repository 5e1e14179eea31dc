-- Production: the thirteen entities, clean, keyed and constrained; the current state of each row.
-- Customers, products and stores also keep every version in an append-only `<entity>_changes`.
-- Foreign keys point to reference tables or stay inside a co-located group. A row that something
-- refers to before it has arrived is a stub (`is_inferred`), which the real row later fills.
-- No second index begins with source: without statistics, as in the first load, the planner would
-- prefer it to the primary key when it checks a foreign key.

create table production.countries (
    country_code text not null,
    country_name text not null,
    calling_code text not null,
    trunk_prefix text not null,
    region text not null,
    constraint countries_natural_key primary key (country_code),
    constraint countries_code_is_alpha2 check (country_code ~ '^[A-Z]{2}$')
);

select ops.place('production.countries', 'reference', null, null);

comment on table production.countries is
'Countries that cleaning knows; a small list, not the world';
comment on column production.countries.country_code is 'ISO 3166 alpha-2 code';
comment on column production.countries.country_name is 'English short name';
comment on column production.countries.calling_code is 'Telephone calling code, digits only';
comment on column production.countries.trunk_prefix is
'Digits dialled before a national number only inside the country; empty where there are none';
comment on column production.countries.region is 'Part of the world';

create table production.country_aliases (
    alias text not null,
    country_code text not null,
    constraint country_aliases_natural_key primary key (alias)
);

select ops.place('production.country_aliases', 'reference', null, null);

alter table production.country_aliases add constraint country_aliases_countries
foreign key (country_code) references production.countries (country_code);

comment on table production.country_aliases is 'Other spellings of a country, in lower case';
comment on column production.country_aliases.alias is 'Spelling in lower case';
comment on column production.country_aliases.country_code is 'Country that the spelling means';

create table production.currency_aliases (
    alias text not null,
    currency_code text not null,
    constraint currency_aliases_natural_key primary key (alias),
    constraint currency_aliases_code_is_alpha3 check (currency_code ~ '^[A-Z]{3}$')
);

select ops.place('production.currency_aliases', 'reference', null, null);

comment on table production.currency_aliases is
'Spellings and signs that mean one currency; ambiguous ones such as $ are left out';
comment on column production.currency_aliases.alias is 'Spelling in lower case, or sign';
comment on column production.currency_aliases.currency_code is 'ISO 4217 code';

insert into production.countries (
    country_code, country_name, calling_code, trunk_prefix, region
)
values
('AE', 'United Arab Emirates', '971', '0', 'Middle East'),
('AR', 'Argentina', '54', '0', 'South America'),
('AT', 'Austria', '43', '0', 'Europe'),
('AU', 'Australia', '61', '0', 'Oceania'),
('BD', 'Bangladesh', '880', '0', 'Asia'),
('BE', 'Belgium', '32', '0', 'Europe'),
('BR', 'Brazil', '55', '0', 'South America'),
('CA', 'Canada', '1', '1', 'North America'),
('CH', 'Switzerland', '41', '0', 'Europe'),
('CL', 'Chile', '56', '', 'South America'),
('CN', 'China', '86', '0', 'Asia'),
('CO', 'Colombia', '57', '', 'South America'),
('CZ', 'Czechia', '420', '', 'Europe'),
('DE', 'Germany', '49', '0', 'Europe'),
('DK', 'Denmark', '45', '', 'Europe'),
('EG', 'Egypt', '20', '0', 'Africa'),
('ES', 'Spain', '34', '', 'Europe'),
('FI', 'Finland', '358', '0', 'Europe'),
('FR', 'France', '33', '0', 'Europe'),
('GB', 'United Kingdom', '44', '0', 'Europe'),
('GR', 'Greece', '30', '', 'Europe'),
('HK', 'Hong Kong', '852', '', 'Asia'),
('HU', 'Hungary', '36', '06', 'Europe'),
('ID', 'Indonesia', '62', '0', 'Asia'),
('IE', 'Ireland', '353', '0', 'Europe'),
('IL', 'Israel', '972', '0', 'Middle East'),
('IN', 'India', '91', '0', 'Asia'),
('IT', 'Italy', '39', '', 'Europe'),
('JP', 'Japan', '81', '0', 'Asia'),
('KE', 'Kenya', '254', '0', 'Africa'),
('KR', 'South Korea', '82', '0', 'Asia'),
('LK', 'Sri Lanka', '94', '0', 'Asia'),
('MX', 'Mexico', '52', '', 'North America'),
('MY', 'Malaysia', '60', '0', 'Asia'),
('NG', 'Nigeria', '234', '0', 'Africa'),
('NL', 'Netherlands', '31', '0', 'Europe'),
('NO', 'Norway', '47', '', 'Europe'),
('NP', 'Nepal', '977', '0', 'Asia'),
('NZ', 'New Zealand', '64', '0', 'Oceania'),
('PE', 'Peru', '51', '0', 'South America'),
('PH', 'Philippines', '63', '0', 'Asia'),
('PK', 'Pakistan', '92', '0', 'Asia'),
('PL', 'Poland', '48', '', 'Europe'),
('PT', 'Portugal', '351', '', 'Europe'),
('RO', 'Romania', '40', '0', 'Europe'),
('RU', 'Russia', '7', '8', 'Europe'),
('SA', 'Saudi Arabia', '966', '0', 'Middle East'),
('SE', 'Sweden', '46', '0', 'Europe'),
('SG', 'Singapore', '65', '', 'Asia'),
('TH', 'Thailand', '66', '0', 'Asia'),
('TR', 'Turkey', '90', '0', 'Europe'),
('TW', 'Taiwan', '886', '0', 'Asia'),
('UA', 'Ukraine', '380', '0', 'Europe'),
('US', 'United States', '1', '1', 'North America'),
('VN', 'Vietnam', '84', '0', 'Asia'),
('ZA', 'South Africa', '27', '0', 'Africa');

insert into production.country_aliases (alias, country_code)
values
('ae', 'AE'),
('united arab emirates', 'AE'),
('uae', 'AE'),
('emirates', 'AE'),
('ar', 'AR'),
('argentina', 'AR'),
('arg', 'AR'),
('at', 'AT'),
('austria', 'AT'),
('aut', 'AT'),
('österreich', 'AT'),
('au', 'AU'),
('australia', 'AU'),
('aus', 'AU'),
('bd', 'BD'),
('bangladesh', 'BD'),
('bgd', 'BD'),
('be', 'BE'),
('belgium', 'BE'),
('bel', 'BE'),
('belgique', 'BE'),
('belgië', 'BE'),
('br', 'BR'),
('brazil', 'BR'),
('bra', 'BR'),
('brasil', 'BR'),
('ca', 'CA'),
('canada', 'CA'),
('can', 'CA'),
('ch', 'CH'),
('switzerland', 'CH'),
('che', 'CH'),
('schweiz', 'CH'),
('suisse', 'CH'),
('cl', 'CL'),
('chile', 'CL'),
('chl', 'CL'),
('cn', 'CN'),
('china', 'CN'),
('chn', 'CN'),
('people''s republic of china', 'CN'),
('co', 'CO'),
('colombia', 'CO'),
('col', 'CO'),
('cz', 'CZ'),
('czechia', 'CZ'),
('cze', 'CZ'),
('czech republic', 'CZ'),
('de', 'DE'),
('germany', 'DE'),
('deu', 'DE'),
('deutschland', 'DE'),
('dk', 'DK'),
('denmark', 'DK'),
('dnk', 'DK'),
('danmark', 'DK'),
('eg', 'EG'),
('egypt', 'EG'),
('egy', 'EG'),
('es', 'ES'),
('spain', 'ES'),
('esp', 'ES'),
('españa', 'ES'),
('fi', 'FI'),
('finland', 'FI'),
('fin', 'FI'),
('suomi', 'FI'),
('fr', 'FR'),
('france', 'FR'),
('fra', 'FR'),
('gb', 'GB'),
('united kingdom', 'GB'),
('gbr', 'GB'),
('uk', 'GB'),
('u.k.', 'GB'),
('great britain', 'GB'),
('england', 'GB'),
('scotland', 'GB'),
('wales', 'GB'),
('gr', 'GR'),
('greece', 'GR'),
('grc', 'GR'),
('hellas', 'GR'),
('hk', 'HK'),
('hong kong', 'HK'),
('hkg', 'HK'),
('hu', 'HU'),
('hungary', 'HU'),
('hun', 'HU'),
('id', 'ID'),
('indonesia', 'ID'),
('idn', 'ID'),
('ie', 'IE'),
('ireland', 'IE'),
('irl', 'IE'),
('il', 'IL'),
('israel', 'IL'),
('isr', 'IL'),
('in', 'IN'),
('india', 'IN'),
('ind', 'IN'),
('bharat', 'IN'),
('it', 'IT'),
('italy', 'IT'),
('ita', 'IT'),
('italia', 'IT'),
('jp', 'JP'),
('japan', 'JP'),
('jpn', 'JP'),
('nippon', 'JP'),
('ke', 'KE'),
('kenya', 'KE'),
('ken', 'KE'),
('kr', 'KR'),
('south korea', 'KR'),
('kor', 'KR'),
('korea', 'KR'),
('republic of korea', 'KR'),
('lk', 'LK'),
('sri lanka', 'LK'),
('lka', 'LK'),
('mx', 'MX'),
('mexico', 'MX'),
('mex', 'MX'),
('méxico', 'MX'),
('my', 'MY'),
('malaysia', 'MY'),
('mys', 'MY'),
('ng', 'NG'),
('nigeria', 'NG'),
('nga', 'NG'),
('nl', 'NL'),
('netherlands', 'NL'),
('nld', 'NL'),
('the netherlands', 'NL'),
('holland', 'NL'),
('nederland', 'NL'),
('no', 'NO'),
('norway', 'NO'),
('nor', 'NO'),
('norge', 'NO'),
('np', 'NP'),
('nepal', 'NP'),
('npl', 'NP'),
('nz', 'NZ'),
('new zealand', 'NZ'),
('nzl', 'NZ'),
('pe', 'PE'),
('peru', 'PE'),
('per', 'PE'),
('ph', 'PH'),
('philippines', 'PH'),
('phl', 'PH'),
('pk', 'PK'),
('pakistan', 'PK'),
('pak', 'PK'),
('pl', 'PL'),
('poland', 'PL'),
('pol', 'PL'),
('polska', 'PL'),
('pt', 'PT'),
('portugal', 'PT'),
('prt', 'PT'),
('ro', 'RO'),
('romania', 'RO'),
('rou', 'RO'),
('ru', 'RU'),
('russia', 'RU'),
('rus', 'RU'),
('russian federation', 'RU'),
('sa', 'SA'),
('saudi arabia', 'SA'),
('sau', 'SA'),
('se', 'SE'),
('sweden', 'SE'),
('swe', 'SE'),
('sverige', 'SE'),
('sg', 'SG'),
('singapore', 'SG'),
('sgp', 'SG'),
('th', 'TH'),
('thailand', 'TH'),
('tha', 'TH'),
('tr', 'TR'),
('turkey', 'TR'),
('tur', 'TR'),
('türkiye', 'TR'),
('tw', 'TW'),
('taiwan', 'TW'),
('twn', 'TW'),
('ua', 'UA'),
('ukraine', 'UA'),
('ukr', 'UA'),
('us', 'US'),
('united states', 'US'),
('usa', 'US'),
('u.s.', 'US'),
('u.s.a.', 'US'),
('united states of america', 'US'),
('america', 'US'),
('vn', 'VN'),
('vietnam', 'VN'),
('vnm', 'VN'),
('viet nam', 'VN'),
('za', 'ZA'),
('south africa', 'ZA'),
('zaf', 'ZA');

insert into production.currency_aliases (alias, currency_code)
values
('aed', 'AED'),
('ars', 'ARS'),
('eur', 'EUR'),
('aud', 'AUD'),
('bdt', 'BDT'),
('brl', 'BRL'),
('cad', 'CAD'),
('chf', 'CHF'),
('clp', 'CLP'),
('cny', 'CNY'),
('cop', 'COP'),
('czk', 'CZK'),
('dkk', 'DKK'),
('egp', 'EGP'),
('gbp', 'GBP'),
('hkd', 'HKD'),
('huf', 'HUF'),
('idr', 'IDR'),
('ils', 'ILS'),
('inr', 'INR'),
('jpy', 'JPY'),
('kes', 'KES'),
('krw', 'KRW'),
('lkr', 'LKR'),
('mxn', 'MXN'),
('myr', 'MYR'),
('ngn', 'NGN'),
('nok', 'NOK'),
('npr', 'NPR'),
('nzd', 'NZD'),
('pen', 'PEN'),
('php', 'PHP'),
('pkr', 'PKR'),
('pln', 'PLN'),
('ron', 'RON'),
('rub', 'RUB'),
('sar', 'SAR'),
('sek', 'SEK'),
('sgd', 'SGD'),
('thb', 'THB'),
('try', 'TRY'),
('twd', 'TWD'),
('uah', 'UAH'),
('usd', 'USD'),
('vnd', 'VND'),
('zar', 'ZAR'),
('€', 'EUR'),
('euro', 'EUR'),
('euros', 'EUR'),
('£', 'GBP'),
('pound sterling', 'GBP'),
('us$', 'USD'),
('us dollar', 'USD'),
('us dollars', 'USD'),
('₹', 'INR'),
('rs', 'INR'),
('rs.', 'INR'),
('rupee', 'INR'),
('rupees', 'INR'),
('indian rupee', 'INR'),
('r$', 'BRL'),
('real', 'BRL'),
('reais', 'BRL'),
('ca$', 'CAD'),
('c$', 'CAD'),
('a$', 'AUD'),
('au$', 'AUD'),
('nz$', 'NZD'),
('hk$', 'HKD'),
('s$', 'SGD'),
('mx$', 'MXN'),
('₩', 'KRW'),
('₺', 'TRY'),
('₽', 'RUB'),
('₴', 'UAH'),
('zł', 'PLN'),
('₱', 'PHP'),
('₫', 'VND'),
('฿', 'THB'),
('₪', 'ILS'),
('₦', 'NGN'),
('rmb', 'CNY'),
('yen', 'JPY'),
('swiss franc', 'CHF');

create function production.clean_text(value text) returns text
language sql immutable parallel safe
return nullif(
    case
        -- Plain ASCII has one byte per character and is in normal form already.
        when octet_length(value) = char_length(value)
            then btrim(value, E' \t\r\n')
        else btrim(normalize(value, nfc), E' \t\r\n\u00a0\ufeff')
    end,
    ''
);

comment on function production.clean_text(text) is
'The text trimmed and in Unicode NFC; null when nothing is left';

create function production.clean_phone(
    phone text, calling_code text, trunk_prefix text
) returns text
language sql immutable parallel safe
return (
    select
        case
            when calling_code is null or length(parts.digits) not between 5 and 15
                then production.clean_text(phone)
            when parts.written like '+%'
                then '+' || parts.digits
            when parts.digits like '00%'
                then '+' || substr(parts.digits, 3)
            -- A national number has at most ten digits nearly everywhere.
            when parts.digits like calling_code || '%' and length(parts.digits) > 10
                then '+' || parts.digits
            when trunk_prefix <> '' and parts.digits like trunk_prefix || '%'
                then '+' || calling_code || substr(parts.digits, length(trunk_prefix) + 1)
            else '+' || calling_code || parts.digits
        end
    from (
        select
            btrim(phone) as written,
            -- An extension is no part of the number.
            regexp_replace(
                regexp_replace(phone, '(x|ext|#).*$', '', 'i'), '[^0-9]', '', 'g'
            ) as digits
    ) as parts
);

comment on function production.clean_phone(text, text, text) is
'The number as + calling code and digits; the trimmed original where the country is not known';

create table production.retailers (
    source text not null,
    retailer_name text not null,
    time_zone text not null,
    currency text,
    counted_statuses text[],
    row_hash text not null,
    batch_id bigint not null,
    first_batch_id bigint not null,
    first_loaded_at timestamptz not null,
    loaded_at timestamptz not null,
    constraint retailers_natural_key primary key (source)
);

select ops.place('production.retailers', 'reference', null, null);

comment on table production.retailers is 'The shops: one row per source';
comment on column production.retailers.source is 'Source that the shop is known by';
comment on column production.retailers.retailer_name is 'Name of the shop for people';
comment on column production.retailers.time_zone is
'IANA time zone in which the shop cuts its days';
comment on column production.retailers.currency is 'ISO 4217 code of amounts that name no currency';
comment on column production.retailers.counted_statuses is
'Statuses that count as revenue; null for the default rule';
comment on column production.retailers.row_hash is 'Fingerprint of the content';
comment on column production.retailers.batch_id is 'Batch that last changed the row (ops.batches)';
comment on column production.retailers.first_batch_id is 'Batch that brought the row first';
comment on column production.retailers.first_loaded_at is
'Start of the run that brought the row first';
comment on column production.retailers.loaded_at is 'Start of the run that last changed the row';

create function production.is_counted(status text, counted_statuses text[]) returns boolean
language sql immutable parallel safe
return coalesce(
    case
        when counted_statuses is null
            then lower(status) not in (
                'cancelled', 'canceled', 'refused', 'unpaid', 'unavailable'
            )
        else lower(status) in (
            select lower(counted.name)
            from unnest(counted_statuses) as counted (name)
        )
    end,
    true
);

comment on function production.is_counted(text, text[]) is
'Whether an order of that status is revenue, by the list of its source or the default rule';

create function production.is_returned(status text) returns boolean
language sql immutable parallel safe
return coalesce(lower(trim(status)) in ('returned', 'return', 'refunded', 'refund'), false);

comment on function production.is_returned(text) is
'Whether all of an order came back: it counts as an order, and its revenue is nothing';

create table production.categories (
    source text not null,
    category_id text not null,
    parent_category_id text,
    category_name text,
    row_hash text,
    batch_id bigint not null,
    first_batch_id bigint not null,
    file_id bigint,
    source_line bigint,
    first_loaded_at timestamptz not null,
    loaded_at timestamptz not null,
    is_inferred boolean not null default false,
    is_deleted boolean not null default false,
    constraint categories_natural_key primary key (source, category_id),
    constraint categories_row_hash_known check (is_inferred or row_hash is not null),
    constraint categories_batch_order check (first_batch_id <= batch_id)
);

select ops.place('production.categories', 'reference', null, null);

create index categories_batch on production.categories (batch_id);

alter table production.categories add constraint categories_retailer
foreign key (source) references production.retailers (source);
alter table production.categories add constraint categories_parent
foreign key (source, parent_category_id) references production.categories (source, category_id);

comment on table production.categories is
'Tree of product categories, of any depth; the current row per key';
comment on column production.categories.source is 'Source that the row came from';
comment on column production.categories.category_id is 'Category as the source names it';
comment on column production.categories.parent_category_id is
'Category above this one; null at the top';
comment on column production.categories.category_name is 'Name of the category';
comment on column production.categories.row_hash is 'Fingerprint of the content; null for a stub';
comment on column production.categories.batch_id is 'Batch that last changed the row (ops.batches)';
comment on column production.categories.first_batch_id is 'Batch that brought the row first';
comment on column production.categories.file_id is 'Raw file of the content (ops.raw_files)';
comment on column production.categories.source_line is 'Line of that file';
comment on column production.categories.first_loaded_at is
'Start of the run that brought the row first';
comment on column production.categories.loaded_at is 'Start of the run that last changed the row';
comment on column production.categories.is_inferred is
'Whether the row is a stub: referred to, not yet seen';
comment on column production.categories.is_deleted is 'Whether the source has deleted the row';

create table production.suppliers (
    source text not null,
    supplier_id text not null,
    supplier_name text,
    city text,
    state text,
    country text,
    lead_time_days bigint,
    updated_at timestamptz,
    row_hash text,
    batch_id bigint not null,
    first_batch_id bigint not null,
    file_id bigint,
    source_line bigint,
    first_loaded_at timestamptz not null,
    loaded_at timestamptz not null,
    is_inferred boolean not null default false,
    is_deleted boolean not null default false,
    constraint suppliers_natural_key primary key (source, supplier_id),
    constraint suppliers_row_hash_known check (is_inferred or row_hash is not null),
    constraint suppliers_batch_order check (first_batch_id <= batch_id)
);

select ops.place('production.suppliers', 'reference', null, null);

create index suppliers_batch on production.suppliers (batch_id);

alter table production.suppliers add constraint suppliers_retailer
foreign key (source) references production.retailers (source);

comment on table production.suppliers is
'Firms that deliver products, or sellers of a marketplace; the current row per key';
comment on column production.suppliers.source is 'Source that the row came from';
comment on column production.suppliers.supplier_id is 'Supplier as the source names it';
comment on column production.suppliers.supplier_name is 'Name of the supplier';
comment on column production.suppliers.city is 'City';
comment on column production.suppliers.state is 'State or province';
comment on column production.suppliers.country is 'Country, ISO 3166 alpha-2 where it can be told';
comment on column production.suppliers.lead_time_days is 'Days from order to delivery';
comment on column production.suppliers.updated_at is 'When the source last changed the row';
comment on column production.suppliers.row_hash is 'Fingerprint of the content; null for a stub';
comment on column production.suppliers.batch_id is 'Batch that last changed the row (ops.batches)';
comment on column production.suppliers.first_batch_id is 'Batch that brought the row first';
comment on column production.suppliers.file_id is 'Raw file of the content (ops.raw_files)';
comment on column production.suppliers.source_line is 'Line of that file';
comment on column production.suppliers.first_loaded_at is
'Start of the run that brought the row first';
comment on column production.suppliers.loaded_at is 'Start of the run that last changed the row';
comment on column production.suppliers.is_inferred is
'Whether the row is a stub: referred to, not yet seen';
comment on column production.suppliers.is_deleted is 'Whether the source has deleted the row';

create table production.customers (
    source text not null,
    customer_id text not null,
    first_name text,
    last_name text,
    email text,
    phone text,
    birth_date date,
    gender text,
    age_group text,
    segment text,
    registration_date date,
    city text,
    state text,
    postal_code text,
    country text,
    updated_at timestamptz,
    effective_at timestamptz,
    row_hash text,
    batch_id bigint not null,
    first_batch_id bigint not null,
    file_id bigint,
    source_line bigint,
    first_loaded_at timestamptz not null,
    loaded_at timestamptz not null,
    is_inferred boolean not null default false,
    is_deleted boolean not null default false,
    constraint customers_natural_key primary key (source, customer_id),
    constraint customers_row_hash_known check (is_inferred or row_hash is not null),
    constraint customers_batch_order check (first_batch_id <= batch_id),
    constraint customers_email_is_lower check (email = lower(email))
);

select ops.place('production.customers', 'reference', null, null);

create index customers_batch on production.customers (batch_id);

alter table production.customers add constraint customers_retailer
foreign key (source) references production.retailers (source);

comment on table production.customers is 'People and firms that buy; the current row per key';
comment on column production.customers.source is 'Source that the row came from';
comment on column production.customers.customer_id is 'Customer as the source names it';
comment on column production.customers.first_name is 'Given name';
comment on column production.customers.last_name is 'Family name';
comment on column production.customers.email is 'E-mail address, lower case';
comment on column production.customers.phone is
'Telephone number, as + calling code and digits where the country is known';
comment on column production.customers.birth_date is 'Date of birth';
comment on column production.customers.gender is 'Gender as the source says';
comment on column production.customers.age_group is 'Age band as the source says';
comment on column production.customers.segment is 'Segment as the source says';
comment on column production.customers.registration_date is 'Day on which the customer registered';
comment on column production.customers.city is 'City';
comment on column production.customers.state is 'State or province';
comment on column production.customers.postal_code is 'Postal code';
comment on column production.customers.country is 'Country, ISO 3166 alpha-2 where it can be told';
comment on column production.customers.updated_at is 'When the source last changed the row';
comment on column production.customers.effective_at is
'Moment from which this content holds; null for a stub';
comment on column production.customers.row_hash is 'Fingerprint of the content; null for a stub';
comment on column production.customers.batch_id is 'Batch that last changed the row (ops.batches)';
comment on column production.customers.first_batch_id is 'Batch that brought the row first';
comment on column production.customers.file_id is 'Raw file of the content (ops.raw_files)';
comment on column production.customers.source_line is 'Line of that file';
comment on column production.customers.first_loaded_at is
'Start of the run that brought the row first';
comment on column production.customers.loaded_at is 'Start of the run that last changed the row';
comment on column production.customers.is_inferred is
'Whether the row is a stub: referred to, not yet seen';
comment on column production.customers.is_deleted is 'Whether the source has deleted the row';

create table production.customers_changes (
    source text not null,
    customer_id text not null,
    effective_at timestamptz not null,
    load_sequence bigint not null,
    first_name text,
    last_name text,
    email text,
    phone text,
    birth_date date,
    gender text,
    age_group text,
    segment text,
    registration_date date,
    city text,
    state text,
    postal_code text,
    country text,
    updated_at timestamptz,
    is_deleted boolean not null default false,
    row_hash text not null,
    batch_id bigint not null,
    file_id bigint,
    source_line bigint,
    loaded_at timestamptz not null,
    constraint customers_changes_natural_key
    primary key (source, customer_id, effective_at, load_sequence)
);

select ops.place('production.customers_changes', 'reference', null, null);

create index customers_changes_batch on production.customers_changes (batch_id);

alter table production.customers_changes add constraint customers_changes_customers
foreign key (source, customer_id) references production.customers (source, customer_id);

comment on table production.customers_changes is
'People and firms that buy: every version that a source has brought, append-only';
comment on column production.customers_changes.source is 'Source that the row came from';
comment on column production.customers_changes.customer_id is 'Customer as the source names it';
comment on column production.customers_changes.effective_at is
'Moment from which the version holds';
comment on column production.customers_changes.load_sequence is
'Of two versions of one moment the higher holds; the batch';
comment on column production.customers_changes.first_name is 'Given name';
comment on column production.customers_changes.last_name is 'Family name';
comment on column production.customers_changes.email is 'E-mail address';
comment on column production.customers_changes.phone is 'Telephone number';
comment on column production.customers_changes.birth_date is 'Date of birth';
comment on column production.customers_changes.gender is 'Gender as the source says';
comment on column production.customers_changes.age_group is 'Age band as the source says';
comment on column production.customers_changes.segment is 'Segment as the source says';
comment on column production.customers_changes.registration_date is
'Day on which the customer registered';
comment on column production.customers_changes.city is 'City';
comment on column production.customers_changes.state is 'State or province';
comment on column production.customers_changes.postal_code is 'Postal code';
comment on column production.customers_changes.country is 'Country';
comment on column production.customers_changes.updated_at is 'When the source last changed the row';
comment on column production.customers_changes.is_deleted is
'Whether the version says that the source deleted the row';
comment on column production.customers_changes.row_hash is
'Fingerprint of the attributes, without updated_at';
comment on column production.customers_changes.batch_id is
'Batch that brought the version (ops.batches)';
comment on column production.customers_changes.file_id is 'Raw file of the version (ops.raw_files)';
comment on column production.customers_changes.source_line is 'Line of that file';
comment on column production.customers_changes.loaded_at is
'Start of the run that brought the version';

create table production.products (
    source text not null,
    product_id text not null,
    product_name text,
    category_id text,
    category text,
    sub_category text,
    brand text,
    price numeric,
    cost numeric,
    currency text,
    stock_quantity numeric,
    supplier_id text,
    is_active boolean,
    updated_at timestamptz,
    effective_at timestamptz,
    row_hash text,
    batch_id bigint not null,
    first_batch_id bigint not null,
    file_id bigint,
    source_line bigint,
    first_loaded_at timestamptz not null,
    loaded_at timestamptz not null,
    is_inferred boolean not null default false,
    is_deleted boolean not null default false,
    constraint products_natural_key primary key (source, product_id),
    constraint products_row_hash_known check (is_inferred or row_hash is not null),
    constraint products_batch_order check (first_batch_id <= batch_id)
);

select ops.place('production.products', 'reference', null, null);

create index products_batch on production.products (batch_id);

alter table production.products add constraint products_retailer
foreign key (source) references production.retailers (source);
alter table production.products add constraint products_categories
foreign key (source, category_id) references production.categories (source, category_id);
alter table production.products add constraint products_suppliers
foreign key (source, supplier_id) references production.suppliers (source, supplier_id);

comment on table production.products is 'Articles on sale; the current row per key';
comment on column production.products.source is 'Source that the row came from';
comment on column production.products.product_id is 'Product as the source names it';
comment on column production.products.product_name is 'Name of the product';
comment on column production.products.category_id is 'Category in the tree';
comment on column production.products.category is 'Category name as the source says';
comment on column production.products.sub_category is 'Sub-category name as the source says';
comment on column production.products.brand is 'Brand';
comment on column production.products.price is 'List price of one unit';
comment on column production.products.cost is 'Cost of one unit';
comment on column production.products.currency is
'Currency of price and cost, ISO 4217 where it can be told';
comment on column production.products.stock_quantity is 'Units in stock as the source says';
comment on column production.products.supplier_id is 'Usual supplier';
comment on column production.products.is_active is 'Whether the product is on sale';
comment on column production.products.updated_at is 'When the source last changed the row';
comment on column production.products.effective_at is
'Moment from which this content holds; null for a stub';
comment on column production.products.row_hash is 'Fingerprint of the content; null for a stub';
comment on column production.products.batch_id is 'Batch that last changed the row (ops.batches)';
comment on column production.products.first_batch_id is 'Batch that brought the row first';
comment on column production.products.file_id is 'Raw file of the content (ops.raw_files)';
comment on column production.products.source_line is 'Line of that file';
comment on column production.products.first_loaded_at is
'Start of the run that brought the row first';
comment on column production.products.loaded_at is 'Start of the run that last changed the row';
comment on column production.products.is_inferred is
'Whether the row is a stub: referred to, not yet seen';
comment on column production.products.is_deleted is 'Whether the source has deleted the row';

create table production.products_changes (
    source text not null,
    product_id text not null,
    effective_at timestamptz not null,
    load_sequence bigint not null,
    product_name text,
    category_id text,
    category text,
    sub_category text,
    brand text,
    price numeric,
    cost numeric,
    currency text,
    supplier_id text,
    is_active boolean,
    updated_at timestamptz,
    is_deleted boolean not null default false,
    row_hash text not null,
    batch_id bigint not null,
    file_id bigint,
    source_line bigint,
    loaded_at timestamptz not null,
    constraint products_changes_natural_key
    primary key (source, product_id, effective_at, load_sequence)
);

select ops.place('production.products_changes', 'reference', null, null);

create index products_changes_batch on production.products_changes (batch_id);

alter table production.products_changes add constraint products_changes_products
foreign key (source, product_id) references production.products (source, product_id);

comment on table production.products_changes is
'Articles on sale: every version that a source has brought, append-only';
comment on column production.products_changes.source is 'Source that the row came from';
comment on column production.products_changes.product_id is 'Product as the source names it';
comment on column production.products_changes.effective_at is 'Moment from which the version holds';
comment on column production.products_changes.load_sequence is
'Of two versions of one moment the higher holds; the batch';
comment on column production.products_changes.product_name is 'Name of the product';
comment on column production.products_changes.category_id is 'Category in the tree';
comment on column production.products_changes.category is 'Category name as the source says';
comment on column production.products_changes.sub_category is
'Sub-category name as the source says';
comment on column production.products_changes.brand is 'Brand';
comment on column production.products_changes.price is 'List price of one unit';
comment on column production.products_changes.cost is 'Cost of one unit';
comment on column production.products_changes.currency is 'Currency of price and cost';
comment on column production.products_changes.supplier_id is 'Usual supplier';
comment on column production.products_changes.is_active is 'Whether the product is on sale';
comment on column production.products_changes.updated_at is 'When the source last changed the row';
comment on column production.products_changes.is_deleted is
'Whether the version says that the source deleted the row';
comment on column production.products_changes.row_hash is
'Fingerprint of the attributes, without updated_at';
comment on column production.products_changes.batch_id is
'Batch that brought the version (ops.batches)';
comment on column production.products_changes.file_id is 'Raw file of the version (ops.raw_files)';
comment on column production.products_changes.source_line is 'Line of that file';
comment on column production.products_changes.loaded_at is
'Start of the run that brought the version';

create table production.stores (
    source text not null,
    store_id text not null,
    store_name text,
    store_type text,
    manager text,
    city text,
    state text,
    country text,
    region text,
    opened_date date,
    updated_at timestamptz,
    effective_at timestamptz,
    row_hash text,
    batch_id bigint not null,
    first_batch_id bigint not null,
    file_id bigint,
    source_line bigint,
    first_loaded_at timestamptz not null,
    loaded_at timestamptz not null,
    is_inferred boolean not null default false,
    is_deleted boolean not null default false,
    constraint stores_natural_key primary key (source, store_id),
    constraint stores_row_hash_known check (is_inferred or row_hash is not null),
    constraint stores_batch_order check (first_batch_id <= batch_id)
);

select ops.place('production.stores', 'reference', null, null);

create index stores_batch on production.stores (batch_id);

alter table production.stores add constraint stores_retailer
foreign key (source) references production.retailers (source);

comment on table production.stores is 'Places and channels of sale; the current row per key';
comment on column production.stores.source is 'Source that the row came from';
comment on column production.stores.store_id is 'Store as the source names it';
comment on column production.stores.store_name is 'Name of the store';
comment on column production.stores.store_type is
'Kind of store: online, retail, outlet, marketplace';
comment on column production.stores.manager is 'Name of the manager';
comment on column production.stores.city is 'City';
comment on column production.stores.state is 'State or province';
comment on column production.stores.country is 'Country, ISO 3166 alpha-2 where it can be told';
comment on column production.stores.region is 'Sales region';
comment on column production.stores.opened_date is 'Day on which the store opened';
comment on column production.stores.updated_at is 'When the source last changed the row';
comment on column production.stores.effective_at is
'Moment from which this content holds; null for a stub';
comment on column production.stores.row_hash is 'Fingerprint of the content; null for a stub';
comment on column production.stores.batch_id is 'Batch that last changed the row (ops.batches)';
comment on column production.stores.first_batch_id is 'Batch that brought the row first';
comment on column production.stores.file_id is 'Raw file of the content (ops.raw_files)';
comment on column production.stores.source_line is 'Line of that file';
comment on column production.stores.first_loaded_at is
'Start of the run that brought the row first';
comment on column production.stores.loaded_at is 'Start of the run that last changed the row';
comment on column production.stores.is_inferred is
'Whether the row is a stub: referred to, not yet seen';
comment on column production.stores.is_deleted is 'Whether the source has deleted the row';

create table production.stores_changes (
    source text not null,
    store_id text not null,
    effective_at timestamptz not null,
    load_sequence bigint not null,
    store_name text,
    store_type text,
    manager text,
    city text,
    state text,
    country text,
    region text,
    opened_date date,
    updated_at timestamptz,
    is_deleted boolean not null default false,
    row_hash text not null,
    batch_id bigint not null,
    file_id bigint,
    source_line bigint,
    loaded_at timestamptz not null,
    constraint stores_changes_natural_key
    primary key (source, store_id, effective_at, load_sequence)
);

select ops.place('production.stores_changes', 'reference', null, null);

create index stores_changes_batch on production.stores_changes (batch_id);

alter table production.stores_changes add constraint stores_changes_stores
foreign key (source, store_id) references production.stores (source, store_id);

comment on table production.stores_changes is
'Places and channels of sale: every version that a source has brought, append-only';
comment on column production.stores_changes.source is 'Source that the row came from';
comment on column production.stores_changes.store_id is 'Store as the source names it';
comment on column production.stores_changes.effective_at is 'Moment from which the version holds';
comment on column production.stores_changes.load_sequence is
'Of two versions of one moment the higher holds; the batch';
comment on column production.stores_changes.store_name is 'Name of the store';
comment on column production.stores_changes.store_type is
'Kind of store: online, retail, outlet, marketplace';
comment on column production.stores_changes.manager is 'Name of the manager';
comment on column production.stores_changes.city is 'City';
comment on column production.stores_changes.state is 'State or province';
comment on column production.stores_changes.country is 'Country';
comment on column production.stores_changes.region is 'Sales region';
comment on column production.stores_changes.opened_date is 'Day on which the store opened';
comment on column production.stores_changes.updated_at is 'When the source last changed the row';
comment on column production.stores_changes.is_deleted is
'Whether the version says that the source deleted the row';
comment on column production.stores_changes.row_hash is
'Fingerprint of the attributes, without updated_at';
comment on column production.stores_changes.batch_id is
'Batch that brought the version (ops.batches)';
comment on column production.stores_changes.file_id is 'Raw file of the version (ops.raw_files)';
comment on column production.stores_changes.source_line is 'Line of that file';
comment on column production.stores_changes.loaded_at is
'Start of the run that brought the version';

create table production.sales_representatives (
    source text not null,
    sales_rep_id text not null,
    sales_rep_name text,
    email text,
    region text,
    commission_rate numeric,
    updated_at timestamptz,
    row_hash text,
    batch_id bigint not null,
    first_batch_id bigint not null,
    file_id bigint,
    source_line bigint,
    first_loaded_at timestamptz not null,
    loaded_at timestamptz not null,
    is_inferred boolean not null default false,
    is_deleted boolean not null default false,
    constraint sales_representatives_natural_key primary key (source, sales_rep_id),
    constraint sales_representatives_row_hash_known check (is_inferred or row_hash is not null),
    constraint sales_representatives_batch_order check (first_batch_id <= batch_id),
    constraint sales_representatives_email_is_lower check (email = lower(email))
);

select ops.place('production.sales_representatives', 'reference', null, null);

create index sales_representatives_batch on production.sales_representatives (batch_id);

alter table production.sales_representatives add constraint sales_representatives_retailer
foreign key (source) references production.retailers (source);

comment on table production.sales_representatives is 'People who sell; the current row per key';
comment on column production.sales_representatives.source is 'Source that the row came from';
comment on column production.sales_representatives.sales_rep_id is
'Sales representative as the source names them';
comment on column production.sales_representatives.sales_rep_name is 'Name of the representative';
comment on column production.sales_representatives.email is 'E-mail address, lower case';
comment on column production.sales_representatives.region is 'Sales region';
comment on column production.sales_representatives.commission_rate is
'Share of revenue paid as commission';
comment on column production.sales_representatives.updated_at is
'When the source last changed the row';
comment on column production.sales_representatives.row_hash is
'Fingerprint of the content; null for a stub';
comment on column production.sales_representatives.batch_id is
'Batch that last changed the row (ops.batches)';
comment on column production.sales_representatives.first_batch_id is
'Batch that brought the row first';
comment on column production.sales_representatives.file_id is
'Raw file of the content (ops.raw_files)';
comment on column production.sales_representatives.source_line is 'Line of that file';
comment on column production.sales_representatives.first_loaded_at is
'Start of the run that brought the row first';
comment on column production.sales_representatives.loaded_at is
'Start of the run that last changed the row';
comment on column production.sales_representatives.is_inferred is
'Whether the row is a stub: referred to, not yet seen';
comment on column production.sales_representatives.is_deleted is
'Whether the source has deleted the row';

create table production.transactions (
    source text not null,
    transaction_id text not null,
    customer_id text,
    store_id text,
    sales_rep_id text,
    transaction_at timestamptz,
    status text,
    payment_method text,
    currency text,
    shipping_address text,
    shipping_city text,
    shipping_state text,
    shipping_postal_code text,
    shipping_country text,
    billing_city text,
    billing_state text,
    billing_postal_code text,
    billing_country text,
    discount_amount numeric,
    tax_amount numeric,
    shipping_amount numeric,
    total_amount numeric,
    updated_at timestamptz,
    sale_date date not null,
    row_hash text,
    batch_id bigint not null,
    first_batch_id bigint not null,
    file_id bigint,
    source_line bigint,
    first_loaded_at timestamptz not null,
    loaded_at timestamptz not null,
    is_inferred boolean not null default false,
    is_deleted boolean not null default false,
    constraint transactions_natural_key primary key (source, transaction_id),
    constraint transactions_row_hash_known check (is_inferred or row_hash is not null),
    constraint transactions_never_inferred check (not is_inferred),
    constraint transactions_batch_order check (first_batch_id <= batch_id)
);

select ops.place(
    'production.transactions', 'distributed', 'transaction_id', 'staging.transactions'
);

create index transactions_batch on production.transactions (batch_id);
create index transactions_customer_id on production.transactions (customer_id, source);

alter table production.transactions add constraint transactions_retailer
foreign key (source) references production.retailers (source);
alter table production.transactions add constraint transactions_customers
foreign key (source, customer_id) references production.customers (source, customer_id);
alter table production.transactions add constraint transactions_stores
foreign key (source, store_id) references production.stores (source, store_id);
alter table production.transactions add constraint transactions_sales_representatives
foreign key (source, sales_rep_id)
references production.sales_representatives (source, sales_rep_id);

comment on table production.transactions is 'Orders: one row per header; the current row per key';
comment on column production.transactions.source is 'Source that the row came from';
comment on column production.transactions.transaction_id is 'Order as the source names it';
comment on column production.transactions.customer_id is 'Who bought';
comment on column production.transactions.store_id is 'Where it was sold';
comment on column production.transactions.sales_rep_id is 'Who sold it';
comment on column production.transactions.transaction_at is 'Moment of the order';
comment on column production.transactions.status is 'State of the order as the source says';
comment on column production.transactions.payment_method is 'Main means of payment';
comment on column production.transactions.currency is
'Currency of the amounts, ISO 4217 where it can be told';
comment on column production.transactions.shipping_address is 'Street address of delivery';
comment on column production.transactions.shipping_city is 'City of delivery';
comment on column production.transactions.shipping_state is 'State of delivery';
comment on column production.transactions.shipping_postal_code is 'Postal code of delivery';
comment on column production.transactions.shipping_country is
'Country of delivery, ISO 3166 alpha-2 where it can be told';
comment on column production.transactions.billing_city is 'City of the invoice';
comment on column production.transactions.billing_state is 'State of the invoice';
comment on column production.transactions.billing_postal_code is 'Postal code of the invoice';
comment on column production.transactions.billing_country is
'Country of the invoice, ISO 3166 alpha-2 where it can be told';
comment on column production.transactions.discount_amount is 'Discount on the whole order';
comment on column production.transactions.tax_amount is 'Tax on the whole order';
comment on column production.transactions.shipping_amount is 'Shipping charged for the whole order';
comment on column production.transactions.total_amount is
'Sum of lines plus shipping and tax less the discount on the order';
comment on column production.transactions.updated_at is 'When the source last changed the row';
comment on column production.transactions.sale_date is
'Day of the order in the shop''s time zone, fixed here';
comment on column production.transactions.row_hash is 'Fingerprint of the content; null for a stub';
comment on column production.transactions.batch_id is
'Batch that last changed the row (ops.batches)';
comment on column production.transactions.first_batch_id is 'Batch that brought the row first';
comment on column production.transactions.file_id is 'Raw file of the content (ops.raw_files)';
comment on column production.transactions.source_line is 'Line of that file';
comment on column production.transactions.first_loaded_at is
'Start of the run that brought the row first';
comment on column production.transactions.loaded_at is 'Start of the run that last changed the row';
comment on column production.transactions.is_inferred is
'Whether the row is a stub: referred to, not yet seen';
comment on column production.transactions.is_deleted is 'Whether the source has deleted the row';

create table production.transaction_items (
    source text not null,
    transaction_id text not null,
    line_number bigint not null,
    item_id text,
    product_id text,
    supplier_id text,
    quantity numeric,
    unit_price numeric,
    discount_percentage numeric,
    discount_amount numeric,
    line_total numeric,
    row_hash text,
    batch_id bigint not null,
    first_batch_id bigint not null,
    file_id bigint,
    source_line bigint,
    first_loaded_at timestamptz not null,
    loaded_at timestamptz not null,
    is_inferred boolean not null default false,
    is_deleted boolean not null default false,
    constraint transaction_items_natural_key primary key (source, transaction_id, line_number),
    constraint transaction_items_row_hash_known check (is_inferred or row_hash is not null),
    constraint transaction_items_never_inferred check (not is_inferred),
    constraint transaction_items_batch_order check (first_batch_id <= batch_id)
);

select ops.place(
    'production.transaction_items', 'distributed', 'transaction_id', 'production.transactions'
);

create index transaction_items_batch on production.transaction_items (batch_id);

alter table production.transaction_items add constraint transaction_items_transactions
foreign key (source, transaction_id) references production.transactions (source, transaction_id);
alter table production.transaction_items add constraint transaction_items_products
foreign key (source, product_id) references production.products (source, product_id);
alter table production.transaction_items add constraint transaction_items_suppliers
foreign key (source, supplier_id) references production.suppliers (source, supplier_id);

comment on table production.transaction_items is 'Order lines; the current row per key';
comment on column production.transaction_items.source is 'Source that the row came from';
comment on column production.transaction_items.transaction_id is 'Order that the line belongs to';
comment on column production.transaction_items.line_number is 'Number of the line in its order';
comment on column production.transaction_items.item_id is 'Line as the source names it';
comment on column production.transaction_items.product_id is 'What was sold';
comment on column production.transaction_items.supplier_id is 'Who supplied it';
comment on column production.transaction_items.quantity is 'Units sold; negative for a return';
comment on column production.transaction_items.unit_price is 'Price of one unit';
comment on column production.transaction_items.discount_percentage is
'Discount on the line, 0 to 100';
comment on column production.transaction_items.discount_amount is
'Discount on the line as an amount';
comment on column production.transaction_items.line_total is
'Amount of the line, net of its own discount';
comment on column production.transaction_items.row_hash is
'Fingerprint of the content; null for a stub';
comment on column production.transaction_items.batch_id is
'Batch that last changed the row (ops.batches)';
comment on column production.transaction_items.first_batch_id is 'Batch that brought the row first';
comment on column production.transaction_items.file_id is 'Raw file of the content (ops.raw_files)';
comment on column production.transaction_items.source_line is 'Line of that file';
comment on column production.transaction_items.first_loaded_at is
'Start of the run that brought the row first';
comment on column production.transaction_items.loaded_at is
'Start of the run that last changed the row';
comment on column production.transaction_items.is_inferred is
'Whether the row is a stub: referred to, not yet seen';
comment on column production.transaction_items.is_deleted is
'Whether the source has deleted the row';

create table production.payments (
    source text not null,
    transaction_id text not null,
    payment_sequence bigint not null,
    payment_method text,
    installments bigint,
    amount numeric,
    status text,
    paid_at timestamptz,
    row_hash text,
    batch_id bigint not null,
    first_batch_id bigint not null,
    file_id bigint,
    source_line bigint,
    first_loaded_at timestamptz not null,
    loaded_at timestamptz not null,
    is_inferred boolean not null default false,
    is_deleted boolean not null default false,
    constraint payments_natural_key primary key (source, transaction_id, payment_sequence),
    constraint payments_row_hash_known check (is_inferred or row_hash is not null),
    constraint payments_never_inferred check (not is_inferred),
    constraint payments_batch_order check (first_batch_id <= batch_id)
);

select ops.place('production.payments', 'distributed', 'transaction_id', 'production.transactions');

create index payments_batch on production.payments (batch_id);

alter table production.payments add constraint payments_transactions
foreign key (source, transaction_id) references production.transactions (source, transaction_id);

comment on table production.payments is 'Payments of orders; the current row per key';
comment on column production.payments.source is 'Source that the row came from';
comment on column production.payments.transaction_id is 'Order that is paid';
comment on column production.payments.payment_sequence is 'Number of the payment in its order';
comment on column production.payments.payment_method is 'Means of payment';
comment on column production.payments.installments is 'Number of instalments';
comment on column production.payments.amount is 'Amount paid';
comment on column production.payments.status is 'State of the payment as the source says';
comment on column production.payments.paid_at is 'Moment of the payment';
comment on column production.payments.row_hash is 'Fingerprint of the content; null for a stub';
comment on column production.payments.batch_id is 'Batch that last changed the row (ops.batches)';
comment on column production.payments.first_batch_id is 'Batch that brought the row first';
comment on column production.payments.file_id is 'Raw file of the content (ops.raw_files)';
comment on column production.payments.source_line is 'Line of that file';
comment on column production.payments.first_loaded_at is
'Start of the run that brought the row first';
comment on column production.payments.loaded_at is 'Start of the run that last changed the row';
comment on column production.payments.is_inferred is
'Whether the row is a stub: referred to, not yet seen';
comment on column production.payments.is_deleted is 'Whether the source has deleted the row';

create table production.shipments (
    source text not null,
    transaction_id text not null,
    shipment_id text not null,
    carrier text,
    status text,
    shipping_cost numeric,
    shipped_at timestamptz,
    delivered_at timestamptz,
    estimated_delivery_at timestamptz,
    row_hash text,
    batch_id bigint not null,
    first_batch_id bigint not null,
    file_id bigint,
    source_line bigint,
    first_loaded_at timestamptz not null,
    loaded_at timestamptz not null,
    is_inferred boolean not null default false,
    is_deleted boolean not null default false,
    constraint shipments_natural_key primary key (source, transaction_id, shipment_id),
    constraint shipments_row_hash_known check (is_inferred or row_hash is not null),
    constraint shipments_never_inferred check (not is_inferred),
    constraint shipments_batch_order check (first_batch_id <= batch_id)
);

select ops.place(
    'production.shipments', 'distributed', 'transaction_id', 'production.transactions'
);

create index shipments_batch on production.shipments (batch_id);

alter table production.shipments add constraint shipments_transactions
foreign key (source, transaction_id) references production.transactions (source, transaction_id);

comment on table production.shipments is 'Deliveries of orders; the current row per key';
comment on column production.shipments.source is 'Source that the row came from';
comment on column production.shipments.transaction_id is 'Order that is delivered';
comment on column production.shipments.shipment_id is 'Shipment as the source names it';
comment on column production.shipments.carrier is 'Who carries it';
comment on column production.shipments.status is 'State of the shipment as the source says';
comment on column production.shipments.shipping_cost is 'What the shipment costs the shop';
comment on column production.shipments.shipped_at is 'Moment of hand-over to the carrier';
comment on column production.shipments.delivered_at is 'Moment of delivery';
comment on column production.shipments.estimated_delivery_at is
'Moment of delivery that was promised';
comment on column production.shipments.row_hash is 'Fingerprint of the content; null for a stub';
comment on column production.shipments.batch_id is 'Batch that last changed the row (ops.batches)';
comment on column production.shipments.first_batch_id is 'Batch that brought the row first';
comment on column production.shipments.file_id is 'Raw file of the content (ops.raw_files)';
comment on column production.shipments.source_line is 'Line of that file';
comment on column production.shipments.first_loaded_at is
'Start of the run that brought the row first';
comment on column production.shipments.loaded_at is 'Start of the run that last changed the row';
comment on column production.shipments.is_inferred is
'Whether the row is a stub: referred to, not yet seen';
comment on column production.shipments.is_deleted is 'Whether the source has deleted the row';

create table production.inventory_movements (
    source text not null,
    movement_id text not null,
    product_id text not null,
    store_id text,
    movement_type text,
    quantity numeric,
    unit_cost numeric,
    moved_at timestamptz,
    row_hash text,
    batch_id bigint not null,
    first_batch_id bigint not null,
    file_id bigint,
    source_line bigint,
    first_loaded_at timestamptz not null,
    loaded_at timestamptz not null,
    is_inferred boolean not null default false,
    is_deleted boolean not null default false,
    constraint inventory_movements_natural_key primary key (source, product_id, movement_id),
    constraint inventory_movements_row_hash_known check (is_inferred or row_hash is not null),
    constraint inventory_movements_never_inferred check (not is_inferred),
    constraint inventory_movements_batch_order check (first_batch_id <= batch_id)
);

select ops.place(
    'production.inventory_movements', 'distributed', 'product_id', 'staging.inventory_movements'
);

create index inventory_movements_batch on production.inventory_movements (batch_id);

alter table production.inventory_movements add constraint inventory_movements_retailer
foreign key (source) references production.retailers (source);
alter table production.inventory_movements add constraint inventory_movements_products
foreign key (source, product_id) references production.products (source, product_id);
alter table production.inventory_movements add constraint inventory_movements_stores
foreign key (source, store_id) references production.stores (source, store_id);

comment on table production.inventory_movements is
'Units that came into stock or left it; the current row per key';
comment on column production.inventory_movements.source is 'Source that the row came from';
comment on column production.inventory_movements.movement_id is 'Movement as the source names it';
comment on column production.inventory_movements.product_id is 'What moved';
comment on column production.inventory_movements.store_id is 'Where it moved';
comment on column production.inventory_movements.movement_type is
'purchase, sale, return or adjustment';
comment on column production.inventory_movements.quantity is
'Units moved; negative when they leave';
comment on column production.inventory_movements.unit_cost is 'Cost of one unit';
comment on column production.inventory_movements.moved_at is 'Moment of the movement';
comment on column production.inventory_movements.row_hash is
'Fingerprint of the content; null for a stub';
comment on column production.inventory_movements.batch_id is
'Batch that last changed the row (ops.batches)';
comment on column production.inventory_movements.first_batch_id is
'Batch that brought the row first';
comment on column production.inventory_movements.file_id is
'Raw file of the content (ops.raw_files)';
comment on column production.inventory_movements.source_line is 'Line of that file';
comment on column production.inventory_movements.first_loaded_at is
'Start of the run that brought the row first';
comment on column production.inventory_movements.loaded_at is
'Start of the run that last changed the row';
comment on column production.inventory_movements.is_inferred is
'Whether the row is a stub: referred to, not yet seen';
comment on column production.inventory_movements.is_deleted is
'Whether the source has deleted the row';

create table production.inventory_snapshots (
    source text not null,
    snapshot_date date not null,
    product_id text not null,
    store_id text not null,
    quantity_on_hand numeric,
    reorder_point numeric,
    row_hash text,
    batch_id bigint not null,
    first_batch_id bigint not null,
    file_id bigint,
    source_line bigint,
    first_loaded_at timestamptz not null,
    loaded_at timestamptz not null,
    is_inferred boolean not null default false,
    is_deleted boolean not null default false,
    constraint inventory_snapshots_natural_key
    primary key (source, snapshot_date, product_id, store_id),
    constraint inventory_snapshots_row_hash_known check (is_inferred or row_hash is not null),
    constraint inventory_snapshots_never_inferred check (not is_inferred),
    constraint inventory_snapshots_batch_order check (first_batch_id <= batch_id)
);

select ops.place(
    'production.inventory_snapshots', 'distributed', 'product_id', 'production.inventory_movements'
);

create index inventory_snapshots_batch on production.inventory_snapshots (batch_id);

alter table production.inventory_snapshots add constraint inventory_snapshots_retailer
foreign key (source) references production.retailers (source);
alter table production.inventory_snapshots add constraint inventory_snapshots_products
foreign key (source, product_id) references production.products (source, product_id);
alter table production.inventory_snapshots add constraint inventory_snapshots_stores
foreign key (source, store_id) references production.stores (source, store_id);

comment on table production.inventory_snapshots is
'Units in stock at the end of a day; the current row per key';
comment on column production.inventory_snapshots.source is 'Source that the row came from';
comment on column production.inventory_snapshots.snapshot_date is 'Day of the count';
comment on column production.inventory_snapshots.product_id is 'What was counted';
comment on column production.inventory_snapshots.store_id is 'Where it was counted';
comment on column production.inventory_snapshots.quantity_on_hand is 'Units in stock';
comment on column production.inventory_snapshots.reorder_point is 'Stock at which to order again';
comment on column production.inventory_snapshots.row_hash is
'Fingerprint of the content; null for a stub';
comment on column production.inventory_snapshots.batch_id is
'Batch that last changed the row (ops.batches)';
comment on column production.inventory_snapshots.first_batch_id is
'Batch that brought the row first';
comment on column production.inventory_snapshots.file_id is
'Raw file of the content (ops.raw_files)';
comment on column production.inventory_snapshots.source_line is 'Line of that file';
comment on column production.inventory_snapshots.first_loaded_at is
'Start of the run that brought the row first';
comment on column production.inventory_snapshots.loaded_at is
'Start of the run that last changed the row';
comment on column production.inventory_snapshots.is_inferred is
'Whether the row is a stub: referred to, not yet seen';
comment on column production.inventory_snapshots.is_deleted is
'Whether the source has deleted the row';

create table production.web_events (
    source text not null,
    event_id text not null,
    visitor_id text not null,
    session_id text,
    customer_id text,
    event_type text,
    product_id text,
    occurred_at timestamptz,
    properties jsonb,
    row_hash text,
    batch_id bigint not null,
    first_batch_id bigint not null,
    file_id bigint,
    source_line bigint,
    first_loaded_at timestamptz not null,
    loaded_at timestamptz not null,
    is_inferred boolean not null default false,
    is_deleted boolean not null default false,
    constraint web_events_natural_key primary key (source, visitor_id, event_id),
    constraint web_events_row_hash_known check (is_inferred or row_hash is not null),
    constraint web_events_never_inferred check (not is_inferred),
    constraint web_events_batch_order check (first_batch_id <= batch_id)
);

select ops.place('production.web_events', 'distributed', 'visitor_id', 'staging.web_events');

create index web_events_batch on production.web_events (batch_id);

alter table production.web_events add constraint web_events_retailer
foreign key (source) references production.retailers (source);
alter table production.web_events add constraint web_events_customers
foreign key (source, customer_id) references production.customers (source, customer_id);
alter table production.web_events add constraint web_events_products
foreign key (source, product_id) references production.products (source, product_id);

comment on table production.web_events is
'What visitors did on the web site; the current row per key';
comment on column production.web_events.source is 'Source that the row came from';
comment on column production.web_events.event_id is 'Event as the source names it';
comment on column production.web_events.visitor_id is 'Visitor (device)';
comment on column production.web_events.session_id is 'Visit';
comment on column production.web_events.customer_id is 'Customer, where known';
comment on column production.web_events.event_type is 'Kind of event';
comment on column production.web_events.product_id is 'Product looked at';
comment on column production.web_events.occurred_at is 'Moment of the event';
comment on column production.web_events.properties is 'What else the source says about the event';
comment on column production.web_events.row_hash is 'Fingerprint of the content; null for a stub';
comment on column production.web_events.batch_id is 'Batch that last changed the row (ops.batches)';
comment on column production.web_events.first_batch_id is 'Batch that brought the row first';
comment on column production.web_events.file_id is 'Raw file of the content (ops.raw_files)';
comment on column production.web_events.source_line is 'Line of that file';
comment on column production.web_events.first_loaded_at is
'Start of the run that brought the row first';
comment on column production.web_events.loaded_at is 'Start of the run that last changed the row';
comment on column production.web_events.is_inferred is
'Whether the row is a stub: referred to, not yet seen';
comment on column production.web_events.is_deleted is 'Whether the source has deleted the row';

create function production.older_orders(of_batch bigint)
returns table (source text, transaction_id text)
language sql stable parallel safe
as $$
    select
        staged.source,
        staged.transaction_id
    from staging.transactions as staged
    inner join production.transactions as known
        on
            staged.source = known.source
            and staged.transaction_id = known.transaction_id
    where
        staged.batch_id = of_batch
        and known.batch_id <> of_batch
    group by
        staged.source,
        staged.transaction_id
    having max(staged.updated_at) < max(known.updated_at)
$$;

comment on function production.older_orders(bigint) is
'Orders of which a batch brings a version that is older than the published one';
