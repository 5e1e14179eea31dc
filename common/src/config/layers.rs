//! What is laid over what: files of single programs, the environment, defaults.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use toml::{Table, Value};

use super::text::parse_toml;
use super::{ENVIRONMENT_PREFIX, PROGRAM_SECTIONS};
use crate::errors::Failure;

/// Where a program's section stands alone.
pub(super) fn own_file(path: &Path, program: &str) -> PathBuf {
    path.with_file_name(format!("{program}.toml"))
}

/// Adds the sections that stand in files of their own beside `path`.
pub(super) fn add_own_files(sections: &mut Table, path: &Path) -> anyhow::Result<()> {
    for program in PROGRAM_SECTIONS {
        let file = own_file(path, program);
        if file == path || !file.is_file() {
            continue;
        }
        let section = parse_toml::<Table>(&file)?;
        if sections
            .insert(program.to_owned(), Value::Table(section))
            .is_some()
        {
            return Err(Failure::usage(format!(
                "[{program}] stands in `{}` and in `{}`; keep one of them",
                path.display(),
                file.display()
            ))
            .into());
        }
    }
    Ok(())
}

/// TOML has numbers that are none, and no range would refuse them.
pub(super) fn refuse_endless(value: &Value, key: &str) -> anyhow::Result<()> {
    let children: Vec<(String, &Value)> = match value {
        Value::Float(number) if !number.is_finite() => {
            return Err(Failure::usage(format!("{key} must be a finite number")).into());
        }
        Value::Table(table) => table
            .iter()
            .map(|(name, value)| (format!("{key}.{name}"), value))
            .collect(),
        Value::Array(values) => values.iter().map(|value| (key.to_owned(), value)).collect(),
        _ => Vec::new(),
    };
    children
        .into_iter()
        .try_for_each(|(key, value)| refuse_endless(value, &key))
}

/// Replaces what `over` has, table by table.
pub(super) fn lay_over(section: &mut Table, over: Table) {
    for (key, value) in over {
        match (section.get_mut(&key), value) {
            (Some(Value::Table(known)), Value::Table(over)) => lay_over(known, over),
            (_, value) => {
                section.insert(key, value);
            }
        }
    }
}

/// `GENERATE__SEED` = "7" → `[generate] seed = 7`; `GENERATE__FAULTS__RATE` leads into a table.
pub(super) fn overlay(sections: &mut Table, keys: &str, text: String) -> anyhow::Result<()> {
    let keys = keys.to_ascii_lowercase();
    let Some((tables, key)) = keys.rsplit_once("__") else {
        return Err(Failure::usage(format!(
            "environment key `{ENVIRONMENT_PREFIX}{keys}` names no section; write \
             {ENVIRONMENT_PREFIX}SECTION__KEY"
        ))
        .into());
    };
    // A value that is no TOML literal is a text, and so is a date: it is read as one later on.
    let value = toml::from_str::<Table>(&format!("value = {text}"))
        .ok()
        .and_then(|mut table| table.remove("value"))
        .filter(|value| !value.is_datetime())
        .unwrap_or(Value::String(text));
    let mut section = sections;
    for table in tables.split("__") {
        section = section
            .entry(table.to_owned())
            .or_insert_with(|| Value::Table(Table::new()))
            .as_table_mut()
            .context(Failure::usage(format!("`{table}` is not a section")))?;
    }
    section.insert(key.to_owned(), value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;
    use crate::errors;

    /// Settings of two files and the environment.
    fn load(
        pipeline: &str,
        generate: &str,
        environment: &[(&str, &str)],
    ) -> anyhow::Result<Config> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("pipeline.toml");
        std::fs::write(&path, pipeline)?;
        std::fs::write(dir.path().join("generate.toml"), generate)?;
        let environment = environment
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        Config::load_with(&path, environment)
    }

    #[test]
    fn the_environment_reaches_tables_and_brings_dates_as_texts() -> anyhow::Result<()> {
        let config = load(
            "",
            "",
            &[
                ("BULLION__GENERATE__FAULTS__RATE", "0.5"),
                ("BULLION__GENERATE__START_DATE", "2025-02-03"),
            ],
        )?;
        let section: Table = config.section("generate")?;

        assert_eq!(section["faults"]["rate"].as_float(), Some(0.5));
        assert_eq!(section["start_date"].as_str(), Some("2025-02-03"));
        Ok(())
    }

    #[test]
    fn a_program_may_have_a_file_of_its_own_over_its_defaults() -> anyhow::Result<()> {
        let config = load("", "[web]\nshare = 2\n", &[])?;
        let section: Table = config.section_over("generate", "[web]\nshare = 1\nrest = 3\n")?;

        assert_eq!(section["web"]["share"].as_integer(), Some(2));
        assert_eq!(section["web"]["rest"].as_integer(), Some(3));

        let error = load("[generate]\n", "[web]\n", &[]).expect_err("two places");
        assert!(errors::describe(&error).contains("keep one of them"));
        Ok(())
    }

    #[test]
    fn a_number_without_end_is_refused() {
        for text in ["[web]\nshare = nan\n", "[web]\nshares = [1.0, inf]\n"] {
            let error = load("", text, &[]).expect_err(text);
            assert!(errors::describe(&error).contains("must be a finite number"));
        }
    }
}
