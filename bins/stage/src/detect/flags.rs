//! Words for true and false.

/// Pairs of words, true first. A single letter may mean anything unless its partner comes too.
const PAIRS: [(&str, &str, Alone); 4] = [
    ("true", "false", Alone::Enough),
    ("yes", "no", Alone::Enough),
    ("t", "f", Alone::Unclear),
    ("y", "n", Alone::Unclear),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Alone {
    Enough,
    Unclear,
}

/// A set of words: one bit each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Words(u8);

/// Number of a word for true or false, in any case.
pub(crate) fn word(text: &str) -> Option<usize> {
    // The longest word has five bytes.
    if text.len() > 5 {
        return None;
    }
    PAIRS.iter().enumerate().find_map(|(index, (yes, no, _))| {
        if text.eq_ignore_ascii_case(yes) {
            Some(2 * index)
        } else if text.eq_ignore_ascii_case(no) {
            Some(2 * index + 1)
        } else {
            None
        }
    })
}

impl Words {
    /// Adds a word.
    pub(crate) fn insert(&mut self, word: usize) {
        self.0 |= 1 << word;
    }

    /// Adds the words of another set.
    pub(crate) fn merge(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Whether these words, and no others, can only mean true and false.
    pub(crate) fn are_clear(self) -> bool {
        let has = |word: usize| self.0 >> word & 1 == 1;
        self.0 != 0
            && PAIRS.iter().enumerate().all(|(index, (_, _, alone))| {
                let (yes, no) = (has(2 * index), has(2 * index + 1));
                *alone == Alone::Enough || yes == no
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn are_clear(texts: &[&str]) -> bool {
        let mut words = Words::default();
        for text in texts {
            words.insert(word(text).expect("a word"));
        }
        words.are_clear()
    }

    #[test]
    fn single_letters_need_their_partner() {
        assert!(are_clear(&["TRUE", "False"]));
        assert!(are_clear(&["yes"]));
        assert!(are_clear(&["y", "N"]));
        assert!(!are_clear(&["f"]));
        assert!(!are_clear(&["true", "f"]));
        assert!(!Words::default().are_clear());
        assert_eq!(word("maybe"), None);
    }
}
