//! The house rules that a machine can hold.

mod order;
mod placement;
mod texts;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use common::testing::{TestDatabase, context_without_database, workspace_root};

/// A program's `main` hands over.
const MAIN_LINES_MAX: usize = 15;
/// A file is one room.
const FILE_LINES_MAX: usize = 400;

fn files(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap_or_else(|_| panic!("no folder `{}`", dir.display())) {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|it| it == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|_| panic!("`{}` can be read", path.display()))
}

fn sources() -> Vec<PathBuf> {
    let root = workspace_root();
    ["bins", "common"]
        .iter()
        .flat_map(|it| files(&root.join(it), "rs"))
        .collect()
}

#[test]
fn a_main_hands_over_and_a_file_is_one_room() {
    for path in sources() {
        let lines = read(&path).lines().count();
        let is_main = path.file_name().is_some_and(|it| it == "main.rs");
        let limit = if is_main {
            MAIN_LINES_MAX
        } else {
            FILE_LINES_MAX
        };
        assert!(
            lines <= limit,
            "{} has {lines} lines, at most {limit}",
            path.display()
        );
    }
}

/// Programs exchange data through PostgreSQL and files, never through Rust types.
#[test]
fn no_program_depends_on_another_and_common_on_none() {
    let root = workspace_root();
    let programs: Vec<String> = fs::read_dir(root.join("bins"))
        .expect("bins")
        .map(|it| {
            it.expect("an entry")
                .file_name()
                .into_string()
                .expect("a name")
        })
        .collect();
    assert!(programs.len() >= 9);
    let crates = programs
        .iter()
        .map(|it| format!("bins/{it}"))
        .chain(["common".to_owned()]);
    for name in crates {
        let manifest: toml::Table =
            toml::from_str(&read(&root.join(&name).join("Cargo.toml"))).expect("a manifest");
        for section in ["dependencies", "dev-dependencies"] {
            let Some(dependencies) = manifest.get(section).and_then(toml::Value::as_table) else {
                continue;
            };
            for program in &programs {
                assert!(
                    !dependencies.contains_key(program),
                    "{name} depends on {program}"
                );
            }
        }
    }
}

/// A query that nobody runs drifts from the schema and misleads its readers.
#[test]
fn no_sql_file_is_unused_and_migrations_are_all_listed() {
    let sql_dir = workspace_root().join("sql");
    let code: String = sources().iter().map(|it| read(it)).collect();
    let unused: Vec<String> = files(&sql_dir, "sql")
        .iter()
        .map(|it| {
            it.strip_prefix(&sql_dir)
                .expect("below sql/")
                .display()
                .to_string()
        })
        .filter(|it| !code.contains(&format!("\"{it}\"")))
        .collect();
    assert_eq!(unused, Vec::<String>::new());
}

/// Every file in `config/` parses with the program that reads it.
#[test]
fn the_projects_own_configuration_parses() {
    let root = workspace_root();
    let dir = tempfile::tempdir().expect("a folder");
    let ctx = context_without_database(dir.path());
    for entry in fs::read_dir(root.join("config/sources")).expect("sources") {
        let name = entry
            .expect("an entry")
            .file_name()
            .into_string()
            .expect("a name");
        let source = stage::source::Source::load(&ctx, &name).expect("a source that parses");
        assert!(!source.tables.is_empty(), "{name}");
    }
    stage::settings::Settings::load(&ctx).expect("[stage]");
    generate::settings::Settings::load(&ctx.config, &generate::Options::default())
        .expect("[generate]");
    ctx.config
        .section::<quality::Settings>("quality")
        .expect("[quality]");
    ctx.config
        .section::<analytics::Settings>("analytics")
        .expect("[analytics]");
    ctx.config
        .section::<monitor::Settings>("monitor")
        .expect("[monitor]");
    ctx.config
        .section::<cleanup::Settings>("cleanup")
        .expect("[cleanup]");
}

/// Every query is valid against the migrated schema.
#[tokio::test]
async fn every_query_prepares_against_the_migrated_schema() {
    let db = TestDatabase::new().await;
    let client = db.client().await;
    let sql_dir = workspace_root().join("sql");
    let mut count = 0;
    for path in files(&sql_dir, "sql") {
        if path.starts_with(sql_dir.join("migrations")) {
            continue;
        }
        if let Err(error) = client.prepare(&read(&path)).await {
            panic!("{}: {error:?}", path.display());
        }
        count += 1;
    }
    assert!(count > 50);
}

/// People and Power BI read the comments.
#[tokio::test]
async fn every_table_and_column_is_commented() {
    let db = TestDatabase::new().await;
    let rows = db
        .rows(
            "select n.nspname || '.' || c.relname || coalesce('.' || a.attname, '')
             from pg_catalog.pg_class as c
             join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
             left join lateral (
                 select attname, attnum from pg_catalog.pg_attribute
                 where attrelid = c.oid and attnum > 0 and not attisdropped
                 union all select null, 0
             ) as a on true
             where n.nspname in ('ops', 'staging', 'production', 'warehouse', 'analytics')
               and c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition
               and pg_catalog.col_description(c.oid, a.attnum) is null
               and pg_catalog.obj_description(c.oid, 'pg_class') is distinct from
                   case when a.attnum = 0 then pg_catalog.obj_description(c.oid, 'pg_class') end
             order by 1",
        )
        .await;
    let missing: BTreeSet<_> = rows.into_iter().map(|mut row| row.remove(0)).collect();
    assert_eq!(missing, BTreeSet::new());
}
