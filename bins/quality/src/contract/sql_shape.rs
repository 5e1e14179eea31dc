//! Whether a piece of SQL in a contract stays where it is put: it can be set in parentheses and
//! does not reach out of them.

/// What makes a piece of SQL unfit to be a part of a statement; none where it is fit.
pub(super) fn misfit(sql: &str) -> Option<&'static str> {
    let mut depth = 0_u32;
    let mut rest = sql.chars().peekable();
    let mut previous = ' ';
    while let Some(letter) = rest.next() {
        match letter {
            '\0' => return Some("holds a NUL character"),
            '(' => depth += 1,
            ')' if depth == 0 => return Some("closes a parenthesis that it did not open"),
            ')' => depth -= 1,
            ';' => return Some("holds `;`: a check is one expression or one query"),
            '\'' | '"' => {
                let is_escaped = letter == '\'' && matches!(previous, 'e' | 'E');
                if !skip_quoted(&mut rest, letter, is_escaped) {
                    return Some("opens a quote that it does not close");
                }
            }
            '-' if rest.peek() == Some(&'-') => while rest.next_if(|it| *it != '\n').is_some() {},
            '/' if rest.peek() == Some(&'*') => return Some("holds a `/*` comment; use `--`"),
            _ => {}
        }
        previous = letter;
    }
    (depth > 0).then_some("opens a parenthesis that it does not close")
}

/// Goes to the end of a quoted part; a doubled quote opens the next part at once.
fn skip_quoted(
    rest: &mut std::iter::Peekable<std::str::Chars<'_>>,
    quote: char,
    is_escaped: bool,
) -> bool {
    while let Some(letter) = rest.next() {
        if letter == quote {
            return true;
        }
        if is_escaped && letter == '\\' {
            rest.next();
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::misfit;

    /// Goal: SQL of a contract cannot end the statement that it is put into.
    /// Method: parts that would, beside such that only look like it.
    #[test]
    fn what_reaches_out_of_its_parentheses_is_found() {
        for fit in [
            "a > 0 or (b > 0)",
            "name <> ')' and \"odd;name\" = 1",
            "it = E'\\'' -- a comment; with )\n and b",
            "select 'it''s' -- ends here",
        ] {
            assert_eq!(misfit(fit), None, "{fit}");
        }
        for (unfit, why) in [
            ("a > 0) or (b > 0", "closes"),
            ("a > 0; drop table x", "`;`"),
            ("name = 'open", "quote"),
            ("(a", "opens a parenthesis"),
            ("a /* ) */", "comment"),
            ("a = '\0'\0", "NUL"),
        ] {
            assert!(misfit(unfit).is_some_and(|it| it.contains(why)), "{unfit}");
        }
    }
}
