//! Log lines: a daily file for each program in the log folder, and readable lines on stderr.

use std::fmt::Debug;
use std::path::Path;

use tracing::field::Field;
use tracing::{Event, Level, Subscriber};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer, debug_fn};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry, fmt};

use crate::args::LogFormat;

type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// Keeps the log file open; what is logged after it is dropped is lost.
#[must_use = "dropping the guard stops the log file"]
pub(crate) struct LogGuard {
    _worker: Option<WorkerGuard>,
}

/// Installs the subscriber. A log folder that refuses costs the file, never the run.
pub(crate) fn init(
    program: &str,
    log_dir: &Path,
    format: LogFormat,
    console_level: Level,
    file_level: &str,
) -> LogGuard {
    let mut layers: Vec<BoxedLayer> = vec![console(format, console_level)];
    let mut worker = None;
    match open(program, log_dir) {
        Ok(appender) => {
            let (writer, guard) = tracing_appender::non_blocking(appender);
            let level = file_level.parse().unwrap_or(Level::INFO);
            layers.push(match format {
                LogFormat::Json => boxed(fmt::layer().json().with_writer(writer), level),
                LogFormat::Text => boxed(fmt::layer().with_ansi(false).with_writer(writer), level),
            });
            worker = Some(guard);
        }
        Err(error) => eprintln!("warning: no log file in `{}`: {error:#}", log_dir.display()),
    }
    // A second subscriber in one process happens in tests only; the first one stays.
    let _ = tracing_subscriber::registry().with(layers).try_init();
    LogGuard { _worker: worker }
}

fn open(program: &str, log_dir: &Path) -> anyhow::Result<RollingFileAppender> {
    std::fs::create_dir_all(log_dir)?;
    let appender = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix(format!("{program}.log"))
        .build(log_dir)?;
    Ok(appender)
}

fn console(format: LogFormat, level: Level) -> BoxedLayer {
    let layer = fmt::layer().with_writer(std::io::stderr);
    match format {
        LogFormat::Json => boxed(layer.json(), level),
        LogFormat::Text => {
            let is_colored = std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty())
                && std::io::IsTerminal::is_terminal(&std::io::stderr());
            let layer = layer.with_ansi(is_colored).event_format(ForPeople);
            boxed(layer.fmt_fields(debug_fn(write_field)), level)
        }
    }
}

/// `WARN message field=value`: no time, no span, no numbers of steps, which are in the message.
struct ForPeople;

impl<S, N> FormatEvent<S, N> for ForPeople
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(
        &self,
        ctx: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> std::fmt::Result {
        let level = *event.metadata().level();
        let color = match level {
            Level::ERROR => 31,
            Level::WARN => 33,
            _ => 32,
        };
        if writer.has_ansi_escapes() {
            write!(writer, "\x1b[{color}m{level:>5}\x1b[0m")?;
        } else {
            write!(writer, "{level:>5}")?;
        }
        ctx.format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}

fn write_field(writer: &mut Writer<'_>, field: &Field, value: &dyn Debug) -> std::fmt::Result {
    match field.name() {
        "message" => write!(writer, " {value:?}"),
        name if name.starts_with("step.") || name.starts_with("log.") => Ok(()),
        name => write!(writer, " {name}={value:?}"),
    }
}

/// Our own lines at `level`, those of libraries only when they warn.
fn boxed(layer: impl Layer<Registry> + Send + Sync, level: Level) -> BoxedLayer {
    let libraries = [
        "tokio_postgres",
        "rustls",
        "deadpool",
        "tokio_cron_scheduler",
    ];
    let filter = Targets::new()
        .with_default(level)
        .with_targets(libraries.map(|name| (name, LevelFilter::WARN)));
    layer.with_filter(filter).boxed()
}
