//! Portability rules over the SQL texts: one text for one PostgreSQL and for a cluster. Each guard
//! is shown to bite on a text that breaks its rule.

use common::testing::workspace_root;

use super::order::misordered;
use super::placement::{Placement, placements};
use super::{files, read, sources};

/// Words that no SQL file may hold, with the number of their rule.
const BANNED: [(&str, &str); 30] = [
    ("3", "as identity"),
    ("4", "merge into"),
    ("4", "create temp"),
    ("4", "on commit drop"),
    ("6", "now()"),
    ("6", "current_date"),
    ("6", "current_time"),
    ("6", "localtime"),
    ("6", "clock_timestamp"),
    ("6", "statement_timestamp"),
    ("6", "transaction_timestamp"),
    ("6", "timeofday"),
    ("6", "random()"),
    ("6", "gen_random_uuid"),
    ("8", "\nbegin;"),
    ("8", "\ncommit;"),
    ("11", "create trigger"),
    ("11", "create rule"),
    ("13", "grouping sets"),
    ("13", "rollup ("),
    ("13", "cube ("),
    ("13", "ctid"),
    ("13", "tableoid"),
    ("16", "search_path"),
    ("16", "set timezone"),
    ("16", "set time zone"),
    ("19", "unlogged"),
    ("views stay", "drop view"),
    ("views stay", "drop materialized view"),
    ("data-model.md", "infinity"),
];

/// Everything that a text of `sql/` does against the rules.
fn offences(path: &str, text: &str, placed: &[Placement]) -> Vec<String> {
    let code = without_comments(text);
    let mut found: Vec<String> = BANNED
        .iter()
        .filter(|(_, word)| code.contains(word))
        .map(|(rule, word)| format!("{path}, rule {rule}: `{}`", word.trim()))
        .collect();
    let mut add = |rule: &str, what: &str| found.push(format!("{path}, rule {rule}: {what}"));
    if code.contains("drop schema") && code.contains("cascade") {
        add("views stay", "`drop schema … cascade`");
    }
    let distributed = |kind: &str| {
        let is_read = |it: &&Placement| mentions(&code, &it.table);
        placed
            .iter()
            .filter(|it| it.kind == kind)
            .find(is_read)
            .map(|it| it.table.clone())
    };
    if (code.contains("for update") || code.contains("for share"))
        && let Some(table) = distributed("distributed")
    {
        add("13", &format!("rows of {table} are locked"));
    }
    if code.contains("with recursive")
        && let Some(table) = distributed("distributed")
    {
        add("13", &format!("recursion over {table}"));
    }
    for assignment in foreign_assignments(&code) {
        add("5", &format!("an upsert sets `{assignment}`"));
    }
    let is_loading = path.starts_with("production/") || path.starts_with("warehouse/");
    if is_loading && writes_published(&code) && !code.contains("count(*)") {
        add("7", "rows are written and not counted");
    }
    let is_listed = path.starts_with("analytics/query") || path.contains("/list_");
    if is_listed && !code.contains("order by") {
        add("14", "rows in no order feed a file or a page");
    }
    let sizes = ["relation_size", "pg_table_size", "reltuples", "relpages"];
    // The wrappers themselves are there.
    let is_wrapper = [
        "migrations/0001_schemas.sql",
        "migrations/0016_incremental.sql",
    ];
    if !is_wrapper.contains(&path) && sizes.iter().any(|it| code.contains(it)) {
        add("17", "a size or an estimate does not come from `ops.*`");
    }
    for name in unqualified(&code) {
        add("16", &format!("`{name}` is named without its schema"));
    }
    if path.starts_with("migrations/") {
        found.extend(
            misordered(&code)
                .into_iter()
                .map(|it| format!("{path}, rule 9: {it}")),
        );
    }
    found
}

pub(super) fn without_comments(text: &str) -> String {
    text.lines()
        .map(|line| line.split("--").next().unwrap_or_default().to_lowercase() + "\n")
        .collect()
}

/// Whether the text names the table, and not one whose name begins so.
pub(super) fn mentions(code: &str, table: &str) -> bool {
    code.match_indices(table).any(|(at, _)| {
        let next = code[at + table.len()..].chars().next();
        next.is_none_or(|it| !it.is_alphanumeric() && it != '_' && it != '.')
    })
}

/// Upserts of anything but what came, into tables that may be distributed.
fn foreign_assignments(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for statement in code.split("insert into ").skip(1) {
        let Some((_, rest)) = statement.split_once("do update") else {
            continue;
        };
        if statement.starts_with("ops.") {
            continue;
        }
        let Some((_, rest)) = rest.split_once("set") else {
            continue;
        };
        let ends = ["where", "returning", ";", ")\n"];
        let end = ends
            .iter()
            .filter_map(|it| rest.find(it))
            .min()
            .unwrap_or(rest.len());
        for assignment in rest[..end].split(",\n") {
            let Some((column, value)) = assignment.split_once('=') else {
                continue;
            };
            if value.trim() != format!("excluded.{}", column.trim()) {
                found.push(assignment.trim().to_owned());
            }
        }
    }
    found
}

fn writes_published(code: &str) -> bool {
    ["insert into ", "update ", "delete from "]
        .iter()
        .any(|verb| {
            code.split(verb).skip(1).any(|rest| {
                let is_published =
                    rest.starts_with("production.") || rest.starts_with("warehouse.");
                is_published && !rest.starts_with("warehouse.work_")
            })
        })
}

/// Tables that are written, or made, by a name without a schema.
fn unqualified(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let verbs = [
        "insert into ",
        "create table ",
        "delete from ",
        "alter table ",
        "drop table ",
    ];
    for verb in verbs {
        for (at, _) in code.match_indices(verb) {
            let rest = code[at + verb.len()..].trim_start_matches("if not exists ");
            let name: String = rest
                .chars()
                .take_while(|it| it.is_alphanumeric() || "_.%".contains(*it))
                .collect();
            // In texts that are put together, `%` stands for the name.
            if !name.contains('.') && !name.contains('%') {
                found.push(name);
            }
        }
    }
    found
}

#[test]
fn sql_keeps_the_portability_rules() {
    let placed = placements();
    let sql_dir = workspace_root().join("sql");
    let mut found = Vec::new();
    for path in files(&sql_dir, "sql") {
        let name = path
            .strip_prefix(&sql_dir)
            .expect("below sql/")
            .display()
            .to_string();
        // The record of a migration's own time is for people; nothing reads it.
        if name != "common/record_migration.sql" {
            found.extend(offences(&name, &read(&path), &placed));
        }
    }
    assert_eq!(found, Vec::<String>::new());
}

/// A rule, and a text that breaks it.
const OFFENDING: &[(&str, &str)] = &[
    (
        "3",
        "create table ops.a (b bigint generated always as identity);",
    ),
    (
        "4",
        "merge into warehouse.dim_stores using staging.stores on true",
    ),
    ("4", "create temporary table a (b int);"),
    (
        "5",
        "insert into production.stores (a) values (1) on conflict (a) do update set\n    \
             a = stores.a + 1\n;",
    ),
    ("6", "select now() as loaded_at"),
    ("6", "select current_date as today"),
    (
        "7",
        "insert into production.stores (source) select source from staging.stores",
    ),
    ("8", "select 1;\nbegin;\nselect 2;"),
    (
        "9",
        "\ncreate table warehouse.a (b int);\ncreate index on warehouse.a (b);\n\
             select ops.place('warehouse.a', 'reference', null, null);\n",
    ),
    (
        "9",
        "\ncreate table warehouse.a (b int references production.stores (c));\n\
             select ops.place('warehouse.a', 'reference', null, null);\n",
    ),
    ("9", "\ncreate table warehouse.a (b int);\n"),
    (
        "9",
        "\ncreate table warehouse.a (b int) partition by range (b);\n\
             create table warehouse.a_default partition of warehouse.a default;\n\
             select ops.place('warehouse.a', 'reference', null, null);\n",
    ),
    (
        "9",
        "\ncreate table warehouse.a (b int);\n\
             select ops.place('warehouse.a', 'reference', null, null);\n\
             alter table warehouse.a add constraint c\nforeign key (b) \
             references production.stores (b);\ncreate index a_b on warehouse.a (b);\n",
    ),
    (
        "11",
        "create trigger a before insert on production.stores execute function b();",
    ),
    ("13", "select 1 from production.payments for update"),
    (
        "13",
        "with recursive a as (select 1 from production.transactions) select 1 from a",
    ),
    ("13", "select a from ops.runs group by grouping sets ((a))"),
    ("14", "select runs.run_id from ops.runs as runs"),
    ("17", "select pg_total_relation_size('production.stores')"),
    ("16", "insert into stores (a) values (1)"),
    ("16", "set search_path to warehouse"),
    ("19", "create unlogged table staging.a (b int);"),
    ("views stay", "drop view warehouse.a;"),
    ("views stay", "drop materialized view analytics.a;"),
    ("views stay", "drop schema analytics cascade;"),
];

/// Goal: each guard bites. Method: one made-up text for each rule.
#[test]
fn a_text_that_breaks_a_portability_rule_is_found() {
    let placed = placements();
    for (rule, text) in OFFENDING {
        let path = match *rule {
            "9" => "migrations/made_up.sql",
            "14" => "orchestrator/list_made_up.sql",
            _ => "production/made_up.sql",
        };
        let found = offences(path, text, &placed);
        let of_rule = found
            .iter()
            .filter(|it| it.contains(&format!("rule {rule}:")));
        assert!(
            of_rule.count() > 0,
            "rule {rule} does not bite on: {text}\n{found:?}"
        );
    }
    let sound = "insert into ops.runs (a) values ($1) on conflict (a) do update set a = excluded.a";
    assert_eq!(
        offences("common/made_up.sql", sound, &placed),
        Vec::<String>::new()
    );
}

/// Readers hold views; only a source's own view over landing may be made anew.
#[test]
fn no_program_drops_what_readers_read() {
    for path in sources() {
        for line in read(&path).lines() {
            let line = line.to_lowercase();
            let drops = ["drop view", "drop materialized view", "drop schema"];
            let is_readers = drops.iter().any(|it| line.contains(it)) && !line.contains("landing.");
            assert!(!is_readers, "{}: {line}", path.display());
        }
    }
}

/// Rules 15 and 20: rows are copied in one place, into staging and landing; what failed is told
/// apart by SQLSTATE, and a constraint's name is only for people.
#[test]
fn rows_are_copied_and_errors_are_told_apart_in_one_place() {
    let only = [
        ("from stdin", "bins/stage/src/copy.rs"),
        (".constraint()", "common/src/errors.rs"),
    ];
    for path in sources() {
        let text = read(&path);
        for (words, place) in only {
            let is_elsewhere = text.contains(words) && !path.ends_with(place);
            assert!(!is_elsewhere, "{} has `{words}`", path.display());
        }
    }
    let copy = read(&workspace_root().join("bins/stage/src/copy.rs"));
    for schema in ["production.", "warehouse.", "analytics."] {
        assert!(!copy.contains(schema), "stage copies into {schema}");
    }
    for (words, place) in only {
        assert!(
            read(&workspace_root().join(place)).contains(words),
            "{place} is the place"
        );
    }
}
