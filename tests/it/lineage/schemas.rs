//! Whether an event is what OpenLineage asks for: by our own schema always, and by those of the
//! specification where `target/openlineage-spec` has them (`spec/` of the OpenLineage project).

use std::fs;
use std::path::Path;

use common::testing::workspace_root;
use jsonschema::{Registry, Validator};
use serde_json::Value;

use crate::support::skipped;

/// All that the schemas have against an event.
pub(super) fn problems(event: &Value) -> Vec<String> {
    let own = read(&workspace_root().join("tests/schemas/openlineage_run_event.schema.json"));
    let options = jsonschema::draft202012::options().should_validate_formats(true);
    let own = options.build(&own).expect("a schema");
    let mut found = against(&own, "own", event);
    let folder = workspace_root().join("target/openlineage-spec");
    if !folder.join("OpenLineage.json").is_file() {
        skipped("target/openlineage-spec has no schemas; events meet our own schema only");
        return found;
    }
    found.extend(official(&folder, event));
    found
}

fn official(folder: &Path, event: &Value) -> Vec<String> {
    let mut resources = vec![read(&folder.join("OpenLineage.json"))];
    for entry in fs::read_dir(folder.join("facets")).expect("facets") {
        resources.push(read(&entry.expect("an entry").path()));
    }
    let mut registry = Registry::new();
    for schema in &resources {
        let id = schema["$id"].as_str().expect("an id").to_owned();
        registry = registry
            .add(id, schema.clone())
            .expect("a schema with its id");
    }
    let registry = registry.prepare().expect("schemas that know each other");
    let validator = |reference: &str| {
        jsonschema::draft202012::options()
            .should_validate_formats(true)
            .with_registry(&registry)
            .build(&serde_json::json!({ "$ref": reference }))
            .unwrap_or_else(|error| panic!("{reference}: {error}"))
    };
    let address = event["schemaURL"].as_str().expect("a schema");
    let mut found = against(&validator(address), "the specification", event);
    for facet in facets(event) {
        let address = facet["_schemaURL"].as_str().expect("a facet's schema");
        found.extend(against(&validator(address), address, facet));
    }
    found
}

/// Every facet in an event, wherever it stands.
fn facets(value: &Value) -> Vec<&Value> {
    let mut found = Vec::new();
    match value {
        Value::Object(fields) => {
            if fields.contains_key("_schemaURL") {
                found.push(value);
            }
            found.extend(fields.values().flat_map(facets));
        }
        Value::Array(items) => found.extend(items.iter().flat_map(facets)),
        _ => {}
    }
    found
}

fn against(validator: &Validator, name: &str, value: &Value) -> Vec<String> {
    validator
        .iter_errors(value)
        .map(|it| format!("{name}, {}: {it}", it.instance_path()))
        .collect()
}

fn read(path: &Path) -> Value {
    let text = fs::read(path).unwrap_or_else(|_| panic!("no `{}`", path.display()));
    serde_json::from_slice(&text).expect("JSON")
}
