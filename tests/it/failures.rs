//! What bad input and broken surroundings get: a message, an exit code, and nothing by halves.

mod orders;

use std::fs;

use crate::support::{Ended, Pipeline, skipped};

/// A healthy shop, run once; each test then breaks one thing.
async fn healthy() -> Pipeline {
    let pipeline = Pipeline::new().await;
    pipeline.orchestrate(&[]).expect(0);
    pipeline
}

fn rerun(pipeline: &Pipeline) -> Ended {
    pipeline.orchestrate(&["--skip", "generate"])
}

/// Breaks the raw files, expects a refusal that publishes nothing, mends them, expects success.
async fn assert_refused(break_it: impl FnOnce(&Pipeline), exit_code: i32, parts: &[&str]) {
    let pipeline = healthy().await;
    let before = pipeline.hashes().await;
    break_it(&pipeline);

    rerun(&pipeline).expect(exit_code).says(parts);

    assert_eq!(pipeline.hashes().await, before, "nothing is published");
    pipeline.orchestrate(&[]).expect(0);
    assert_eq!(pipeline.hashes().await, before, "the next run heals");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_file_is_named() {
    let break_it = |pipeline: &Pipeline| {
        fs::remove_file(pipeline.raw_dir().join("products.csv")).expect("a file to remove");
    };
    assert_refused(break_it, 2, &["table `products`", "no file `products.csv`"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_column_is_named_with_its_likely_match() {
    let break_it = |pipeline: &Pipeline| {
        pipeline.edit_raw("products.csv", |text| {
            text.replacen("product_name", "productname", 1)
        });
    };
    let parts = [
        "line 1: column `product_name` is missing",
        "`productname`, which may be `product_name` renamed",
    ];
    assert_refused(break_it, 2, &parts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_off_file_is_refused() {
    let break_it = |pipeline: &Pipeline| {
        pipeline.edit_raw("transactions.csv", |text| text[..text.len() - 9].to_owned());
    };
    assert_refused(break_it, 2, &["transactions.csv", "may be cut off"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unclosed_quote_is_refused_with_its_line() {
    let break_it = |pipeline: &Pipeline| {
        pipeline.edit_raw("products.csv", |text| {
            let (header, rest) = text.split_once('\n').expect("a header");
            format!("{header}\n\"{rest}")
        });
    };
    assert_refused(
        break_it,
        2,
        &["products.csv", "opens on line 2, column 1, is not closed"],
    )
    .await;
}

/// Goal: a bad cell costs its row, not the file; the row is found again by line and column.
#[tokio::test(flavor = "multi_thread")]
async fn a_bad_cell_goes_to_quarantine_with_its_place() {
    let pipeline = healthy().await;
    pipeline.edit_raw("products.csv", |text| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut fields: Vec<&str> = lines[4].split(',').collect();
        fields[4] = "cheap";
        lines[4] = fields.join(",");
        lines.join("\n") + "\n"
    });

    rerun(&pipeline)
        .expect(0)
        .says(&["1 of", "records of synthetic/products.csv do not parse"]);

    let rows = pipeline
        .db
        .rows(
            "select source_file, source_line::text, rules[1], payload ->> 'column',
                    payload ->> 'column_number', convert_from(raw, 'UTF8') like '%,cheap,%'
                        is true || ''
             from ops.quarantine where stage = 'stage'",
        )
        .await;
    let expected = [
        "products.csv",
        "5",
        "price.not_a_decimal",
        "price",
        "5",
        "true",
    ];
    assert_eq!(rows, [expected.map(|it| Some(it.to_owned()))]);
    let balance = pipeline
        .db
        .number(
            "select count(*) from ops.raw_files
             where batch_id = 2 and rows_rejected = 1 and rows_read = rows_loaded + 1",
        )
        .await;
    assert_eq!(balance, 1);
}

/// Goal: a file full of rejects blocks its batch instead of draining it.
#[tokio::test(flavor = "multi_thread")]
async fn too_many_bad_cells_block_the_batch() {
    let break_it = |pipeline: &Pipeline| {
        pipeline.edit_raw("transactions.csv", |text| text.replace(",USD,", ",USD,x"));
    };
    assert_refused(
        break_it,
        1,
        &["is blocked", "do not parse, at most 5 % may"],
    )
    .await;
}

/// Goal: write, audit, publish: what the gate refuses reaches no consumer.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_gate_publishes_nothing() {
    let break_it = |pipeline: &Pipeline| {
        pipeline.edit_raw("transaction_items.csv", |text| {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            for line in lines.iter_mut().skip(1).step_by(5) {
                let mut fields: Vec<&str> = line.split(',').collect();
                fields[6] = "1.23";
                *line = fields.join(",");
            }
            lines.join("\n") + "\n"
        });
    };
    assert_refused(break_it, 1, &["source `synthetic` is blocked"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_server_is_worth_a_retry() {
    let pipeline = Pipeline::new().await;
    let url = "postgres://nobody:secret@127.0.0.1:1/none";
    let output = pipeline
        .program("stage", &[])
        .env("DATABASE_URL", url)
        .output()
        .expect("stage");
    let ended = Ended::of(output).expect(3);
    ended.says(&["failed to connect to 127.0.0.1:1/none"]);
    assert!(!ended.stderr.contains("secret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_not_worth_a_retry() {
    let pipeline = Pipeline::new().await;
    let (user, rest) = pipeline
        .db
        .url()
        .rsplit_once('@')
        .expect("a URL with a password");
    let user = user.rsplit_once(':').expect("a password").0;
    let url = format!("{user}:not-the-password@{rest}");
    let output = pipeline
        .program("stage", &[])
        .env("DATABASE_URL", url)
        .output()
        .expect("stage");
    let ended = Ended::of(output).expect(4);
    ended.says(&["28P01", "check user and password in DATABASE_URL"]);
    assert!(!ended.stderr.contains("not-the-password"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_source_names_the_nearest_one() {
    let pipeline = Pipeline::new().await;
    pipeline
        .run("stage", &["--source", "sintetic"])
        .expect(2)
        .says(&["no source `sintetic`", "did you mean `synthetic`?"]);
}

/// Goal: a full disk stops the run with a reason; the previous files stay and the next run heals.
/// Needs root for a small mount; says so and passes where it cannot have one.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_named_and_healed() {
    let pipeline = Pipeline::new().await;
    let data = pipeline.data_dir();
    fs::create_dir_all(&data).expect("a data folder");
    let mount = |arguments: &[&str]| {
        std::process::Command::new(arguments[0])
            .args(&arguments[1..])
            .arg(&data)
            .output()
            .is_ok_and(|it| it.status.success())
    };
    if !mount(&["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs"]) {
        skipped("a small file system cannot be mounted here");
        return;
    }
    let full = pipeline.orchestrate(&[]);
    let grown = mount(&["mount", "-o", "remount,size=64m"]);
    let healed = pipeline.orchestrate(&[]);
    assert!(mount(&["umount"]), "the mount goes again");

    assert!(grown);
    full.expect(4)
        .says(&["No space left on device", "free some space"]);
    healed.expect(0);
}

/// Goal: a file or folder that the user may not read is named. Root may read everything: the
/// program runs as another account then, which says so and passes where there is none.
#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_file_is_named() {
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::process::CommandExt as _;

    let pipeline = healthy().await;
    let file = pipeline.raw_dir().join("products.csv");
    let folder = pipeline.db.dir.path();
    let open = |path: &std::path::Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("permissions");
    };
    let is_root = fs::metadata(folder).is_ok_and(|it| {
        use std::os::unix::fs::MetadataExt as _;
        it.uid() == 0
    });
    open(folder, 0o777);
    for path in [
        pipeline.data_dir(),
        folder.join("logs"),
        pipeline.data_dir().join("bullion.lock"),
    ] {
        open(&path, 0o777);
    }
    open(&file, 0o000);
    let mut stage = pipeline.program("stage", &[]);
    if is_root {
        let copies = folder.join("programs");
        fs::create_dir_all(&copies).expect("a folder for a copy");
        let copy = copies.join("stage");
        fs::copy(crate::support::programs_dir().join("stage"), &copy).expect("a copy");
        fs::copy("config/pipeline.toml", copies.join("pipeline.toml"))
            .or_else(|_| fs::copy("../config/pipeline.toml", copies.join("pipeline.toml")))
            .expect("settings");
        copy_folder(
            &common::testing::workspace_root().join("config"),
            &copies.join("config"),
        );
        let mut other = std::process::Command::new(copy);
        other
            .arg("--config")
            .arg(copies.join("pipeline.toml"))
            .current_dir(&copies)
            .env("DATABASE_URL", pipeline.db.url())
            .env("BULLION__PATHS__DATA_DIR", pipeline.data_dir())
            .env("BULLION__PATHS__LOG_DIR", folder.join("logs"))
            .uid(65_534)
            .gid(65_534);
        stage = other;
    }
    let ended = Ended::of(stage.output().expect("a program that starts"));

    ended
        .expect(4)
        .says(&["products.csv", "Permission denied", "access to this path"]);
    open(&file, 0o644);
    rerun(&pipeline).expect(0);
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// Goal: something that is no file is refused; a pipe would make the program wait for its writer.
#[tokio::test(flavor = "multi_thread")]
async fn a_pipe_in_place_of_a_file_is_refused() {
    let break_it = |pipeline: &Pipeline| {
        let path = pipeline.raw_dir().join("products.csv");
        fs::remove_file(&path).expect("a file to remove");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.expect("mkfifo").success());
    };
    assert_refused(break_it, 2, &["products.csv` is no file"]).await;
}
