//! Statements that list every row of an entity on which quality has a verdict.

use crate::check::{Check, Entity, Rule};
use crate::findings::{Batch, ORDER, ORDER_DATASETS, ORDER_KEY, older_version, staging};
use crate::sql_text::{columns, identifier, literal, text_array};

/// Puts the verdicts on an entity's rows into `ops.fault_findings`.
///
/// An older version of a key is history where history is kept, and no finding.
pub(crate) fn findings(batch: &Batch, entity: &Entity) -> String {
    let beyond = entity
        .checks
        .iter()
        .filter(|check| looks_beyond(check))
        .map(|check| check.id.as_str());
    let things: Vec<String> = things(entity);
    format!(
        "insert into ops.fault_findings (
    dataset, source_file, source_line, verdict, rules, touches
)
select {dataset}, file.path, staged.source_line, rejection.verdict, rejection.rules,
    case
        when rejection.rules <@ {beyond} then array_remove(array[
            {things}
        ]::text[], null)
        else '{{}}'
    end
from ops.rejections as rejection
inner join {table} as staged
    on staged.batch_id = {batch_id} and staged.row_id = rejection.row_id
left join ops.raw_files as file on file.file_id = staged.file_id
where rejection.batch_id = {batch_id} and rejection.dataset = {dataset}
and not rejection.rules = array[{older}]::text[]",
        dataset = literal(&entity.name),
        beyond = text_array(beyond),
        things = things.join(",\n            "),
        table = staging(&entity.name),
        batch_id = batch.batch_id,
        older = literal(&older_version(entity)),
    )
}

/// Whether a sound row can break the rule because another row is not sound.
fn looks_beyond(check: &Check) -> bool {
    match check.rule {
        Rule::KeyConflict
        | Rule::KeyDuplicate
        | Rule::Unique { .. }
        | Rule::Reference(_)
        | Rule::Named(_) => true,
        Rule::Row { .. } | Rule::RowCount | Rule::Query { .. } => false,
    }
}

/// The rows that a row's rules look at, each as entity and key.
fn things(entity: &Entity) -> Vec<String> {
    let mut things = Vec::new();
    if ORDER_DATASETS.contains(&entity.name.as_str()) {
        things.push(thing(ORDER, &format!("staged.{}", identifier(ORDER_KEY))));
    } else {
        let key = format!(
            "nullif(concat_ws('/', {}), '')",
            columns("staged", &entity.key)
        );
        things.push(thing(&entity.name, &key));
        // Where rows are spread by another column, that one comes first in the key; the last one
        // alone may be what people call the row.
        if let [_, .., last] = entity.key.as_slice() {
            things.push(thing(&entity.name, &format!("staged.{}", identifier(last))));
        }
    }
    for check in &entity.checks {
        let Rule::Reference(reference) = &check.rule else {
            continue;
        };
        if let ([column], true) = (reference.columns.as_slice(), reference.target != ORDER) {
            let column = format!("staged.{}", identifier(column));
            things.push(thing(&reference.target, &column));
        }
    }
    things
}

fn thing(entity: &str, key: &str) -> String {
    format!("{} || {key}", literal(&format!("{entity} ")))
}
