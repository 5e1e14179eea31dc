//! What programs say on stdout.

use std::io::Write as _;

use anyhow::Context as _;
use indicatif::HumanCount;

/// Prints a line to stdout. A reader that has seen enough, such as `head`, is no failure.
///
/// # Errors
/// When stdout refuses for any other reason.
pub fn print(text: &str) -> anyhow::Result<()> {
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("failed to write to stdout"),
    }
}

/// A number with commas between its thousands: `1234567` is `1,234,567`.
#[must_use]
pub fn grouped(number: u64) -> String {
    HumanCount(number).to_string()
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(
            [0, 999, 1_000, 1_234_567].map(grouped),
            ["0", "999", "1,000", "1,234,567"]
        );
    }
}
