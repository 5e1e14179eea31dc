//! Portability rules 8 and 9: how migrations are run, and the order of what they make.

use common::database::MIGRATIONS;
use common::testing::workspace_root;

use super::read;
use super::texts::{mentions, without_comments};

/// Table, place, indexes, foreign keys: each statement of a table in a migration after those that
/// it must follow.
pub(super) fn misordered(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (made_at, _) in code.match_indices("\ncreate table ") {
        let rest = &code[made_at + 14..];
        let table: String = rest
            .chars()
            .take_while(|it| it.is_alphanumeric() || "_.".contains(*it))
            .collect();
        if table.starts_with("ops.") {
            continue;
        }
        let statement = rest.split(";\n").next().unwrap_or_default();
        if let Some((_, parent)) = statement.split_once("partition of ") {
            let parent = parent.split_whitespace().next().unwrap_or_default();
            let place = code.find(&format!("'{parent}'"));
            if code.contains(&format!("create table {parent} "))
                && place.is_none_or(|at| at > made_at)
            {
                found.push(format!("{parent} has a partition before it is placed"));
            }
            continue;
        }
        if statement.contains("references ") || statement.contains("foreign key") {
            found.push(format!("{table} has a foreign key before it is placed"));
        }
        let tail = &rest[statement.len()..];
        let Some(placed_at) = tail.find(&format!("'{table}'")) else {
            found.push(format!("{table} is not placed"));
            continue;
        };
        let first = |needle: &str| {
            tail.match_indices(needle)
                .filter(|(at, _)| mentions(&tail[*at..(*at + 200).min(tail.len())], &table))
                .map(|(at, _)| at)
                .collect::<Vec<usize>>()
        };
        let is_of_table = |at: &usize| {
            let statement = tail[*at..].split(";\n").next().unwrap_or_default();
            mentions(statement, &format!("on {table}"))
                || mentions(statement, &format!("alter table {table}"))
        };
        let indexes: Vec<usize> = first("index ").into_iter().filter(is_of_table).collect();
        let keys: Vec<usize> = first("alter table ")
            .into_iter()
            .filter(is_of_table)
            .filter(|at| {
                tail[*at..]
                    .split(";\n")
                    .next()
                    .unwrap_or_default()
                    .contains("foreign key")
            })
            .collect();
        if indexes.iter().chain(&keys).any(|at| *at < placed_at) {
            found.push(format!(
                "{table} is placed after its indexes or foreign keys"
            ));
        }
        if indexes
            .iter()
            .any(|index| keys.iter().any(|key| key < index))
        {
            found.push(format!("{table} has foreign keys before its indexes"));
        }
    }
    found
}

/// Rule 8: every migration runs under the setting that a cluster needs, statement by statement, and
/// the runner sees to it for all of them.
#[test]
fn migrations_run_one_statement_a_message_under_the_clusters_setting() {
    let runner = read(&workspace_root().join("common/src/database/migrations.rs"));
    let apply = runner
        .split("async fn apply(")
        .nth(1)
        .expect("the runner applies");
    let setting = apply.find("set local citus.multi_shard_modify_mode = 'sequential'");
    let first = apply.find("in statements(").expect("statements one by one");
    assert!(
        setting.is_some_and(|at| at < first),
        "the setting comes first"
    );
    for migration in MIGRATIONS {
        for line in without_comments(migration.text).lines() {
            let ended = line.trim_end().trim_end_matches(';');
            let is_quoted = ended.contains('\'') || line.starts_with("    ");
            assert!(
                is_quoted || !ended.contains(';'),
                "{}: two statements in `{line}`",
                migration.path
            );
        }
    }
}
