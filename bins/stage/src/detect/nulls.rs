//! Texts that often mean "no value".

/// Texts that are taken for no value in a column whose other values are no texts.
const TOKENS: [&str; 18] = [
    "NA", "N/A", "n/a", "na", "NULL", "null", "Null", "None", "none", "\\N", "NaN", "nan", "-",
    "--", "#N/A", "?", "(null)", "<null>",
];
/// Those of them that are no word of any language, so they mean the same among texts.
const TOKENS_AMONG_TEXTS: [&str; 4] = ["NULL", "\\N", "(null)", "<null>"];

/// Place of a text in the list of tokens.
pub(crate) fn position(text: &str) -> Option<usize> {
    // The longest token has six bytes.
    if text.len() > 6 {
        return None;
    }
    TOKENS.iter().position(|it| *it == text)
}

/// Whether the text may mean "no value".
pub(crate) fn is_token(text: &str) -> bool {
    position(text).is_some()
}

/// Number of tokens.
pub(crate) const COUNT: usize = TOKENS.len();

/// The token at a place of the list.
pub(crate) fn token(position: usize) -> &'static str {
    TOKENS[position]
}

/// Whether it means "no value" among texts too.
pub(crate) fn holds_among_texts(token: &str) -> bool {
    TOKENS_AMONG_TEXTS.contains(&token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_tokens_only_where_they_stand_alone() {
        assert!(is_token("N/A"));
        assert!(!is_token("NAMIBIA"));
        assert!(TOKENS.iter().all(|it| it.len() <= 6));
        assert!(TOKENS_AMONG_TEXTS.iter().all(|it| is_token(it)));
    }
}
