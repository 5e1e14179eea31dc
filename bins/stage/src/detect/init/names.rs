//! Names of tables and columns out of names of files and headers.

use std::collections::HashMap;

use crate::landing::TECHNICAL_COLUMNS;
use crate::source::NAME_LENGTH_MAX;

/// Longest name that PostgreSQL keeps whole, in bytes.
const COLUMN_LENGTH_MAX: usize = 63;
/// A first or last word is no part of the name where so many files share it.
const SHARED_BY_MIN: usize = 3;

/// Names for the columns of a file, in order: small letters, digits and underscores, each once.
pub(crate) fn column_names(header: &[&str]) -> Vec<String> {
    let mut names = Vec::new();
    for (index, text) in header.iter().enumerate() {
        let mut name = words(text).join("_");
        if name.is_empty() {
            name = format!("column_{}", index + 1);
        } else if name.starts_with(|it: char| it.is_ascii_digit()) {
            name = format!("column_{name}");
        }
        name.truncate(COLUMN_LENGTH_MAX);
        if TECHNICAL_COLUMNS.iter().any(|it| it.0 == name) {
            name = format!("shop_{name}");
        }
        let name = unused(&name, COLUMN_LENGTH_MAX, |it| {
            names.iter().any(|name| name == it)
        });
        names.push(name);
    }
    names
}

/// Names for tables out of the stems of their files: words that most files share, and the source's
/// own name, say nothing and are left out.
pub(crate) fn table_names(stems: &[String], source: &str) -> Vec<String> {
    let split: Vec<Vec<String>> = stems.iter().map(|it| table_words(it)).collect();
    let first = shared(split.iter().map(|it| it.first()));
    let last = shared(split.iter().map(|it| it.last()));
    let mut names: Vec<String> = Vec::new();
    for words in split {
        let mut words = words.as_slice();
        while let [head, rest @ ..] = words
            && !rest.is_empty()
            && (Some(head) == first.as_ref() || head == source)
        {
            words = rest;
        }
        if let [rest @ .., tail] = words
            && !rest.is_empty()
            && Some(tail) == last.as_ref()
        {
            words = rest;
        }
        let name = shortened(words);
        let name = unused(&name, NAME_LENGTH_MAX, |it| {
            names.iter().any(|name| name == it)
        });
        names.push(name);
    }
    names
}

/// The word that more than half of the files, and several, have at this place.
fn shared<'a>(words: impl Iterator<Item = Option<&'a String>>) -> Option<String> {
    let words: Vec<&String> = words.flatten().collect();
    let mut counts: HashMap<&String, usize> = HashMap::new();
    for word in &words {
        *counts.entry(word).or_default() += 1;
    }
    let (word, count) = counts.into_iter().max_by_key(|it| it.1)?;
    (count >= SHARED_BY_MIN && count * 2 > words.len()).then(|| word.clone())
}

/// Words of a file's stem without numbers, which tell one file of a table from the next.
fn table_words(stem: &str) -> Vec<String> {
    let all = words(stem);
    let named: Vec<String> = all
        .iter()
        .filter(|it| it.starts_with(|it: char| it.is_ascii_alphabetic()))
        .cloned()
        .collect();
    if named.is_empty() {
        let joined = format!("table_{}", all.join("_"));
        return vec![joined.trim_end_matches('_').to_owned()];
    }
    named
}

/// Joined, and short enough: of many words the first ones and the last one are kept.
fn shortened(words: &[String]) -> String {
    let mut words = words.to_vec();
    let length = |words: &[String]| words.join("_").len();
    while length(&words) > NAME_LENGTH_MAX && words.len() > 2 {
        words.remove(words.len() - 2);
    }
    let mut name = words.join("_");
    name.truncate(NAME_LENGTH_MAX);
    name.trim_end_matches('_').to_owned()
}

/// The name, or with a number behind it where it is taken.
fn unused(name: &str, length_max: usize, is_used: impl Fn(&str) -> bool) -> String {
    let mut candidate = name.to_owned();
    let mut number = 2;
    while is_used(&candidate) {
        let suffix = format!("_{number}");
        let mut base = name.to_owned();
        base.truncate(length_max - suffix.len());
        candidate = format!("{}{suffix}", base.trim_end_matches('_'));
        number += 1;
    }
    candidate
}

/// Words in small ASCII letters and digits; `ProductType` and `product-type` are two words.
fn words(text: &str) -> Vec<String> {
    let signs: Vec<char> = text.chars().collect();
    let mut words = vec![String::new()];
    for (index, sign) in signs.iter().enumerate() {
        let before = index.checked_sub(1).map(|it| signs[it]);
        let after = signs.get(index + 1);
        let begins_word = sign.is_uppercase()
            && before.is_some_and(|it| {
                it.is_lowercase()
                    || (it.is_uppercase() && after.is_some_and(|it| it.is_lowercase()))
            });
        let letters = plain_letters(*sign);
        if (letters.is_empty() || begins_word) && words.last().is_some_and(|it| !it.is_empty()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push_str(&letters);
        }
    }
    words.retain(|it| !it.is_empty());
    words
}

/// A letter or digit as small ASCII letters and digits; nothing for any other sign.
fn plain_letters(sign: char) -> String {
    let plain = match sign.to_lowercase().next().unwrap_or(sign) {
        'ä' | 'æ' => "ae",
        'ö' | 'œ' | 'ø' => "oe",
        'ü' => "ue",
        'ß' => "ss",
        'à' | 'á' | 'â' | 'ã' | 'å' | 'ą' | 'ă' => "a",
        'ç' | 'ć' | 'č' => "c",
        'ď' | 'đ' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ę' | 'ě' => "e",
        'ğ' => "g",
        'ì' | 'í' | 'î' | 'ï' | 'ı' => "i",
        'ł' => "l",
        'ñ' | 'ń' | 'ň' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ő' => "o",
        'ř' => "r",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'ť' | 'ț' => "t",
        'ù' | 'ú' | 'û' | 'ů' | 'ű' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        '%' => "pct",
        '#' | '№' => "number",
        other if other.is_ascii_alphanumeric() => return other.to_string(),
        _ => "",
    };
    plain.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_become_names_of_columns() {
        let header = [
            "Order ID",
            "PRODUCTID",
            "ProductType",
            "Straße",
            "Größe (cm)",
            "",
            "2024",
            "order-id",
            "file_id",
            "Preço",
            "HTTPStatus",
            "订单",
        ];
        let expected = [
            "order_id",
            "productid",
            "product_type",
            "strasse",
            "groesse_cm",
            "column_6",
            "column_2024",
            "order_id_2",
            "shop_file_id",
            "preco",
            "http_status",
            "column_12",
        ];
        assert_eq!(column_names(&header), expected);
        let long = "x".repeat(100);
        let names = column_names(&[&long, &long]);
        assert!(names.iter().all(|it| it.len() <= COLUMN_LENGTH_MAX));
        assert_ne!(names[0], names[1]);
    }

    fn tables(stems: &[&str], source: &str) -> Vec<String> {
        let stems: Vec<String> = stems.iter().map(|it| (*it).to_owned()).collect();
        table_names(&stems, source)
    }

    #[test]
    fn words_that_most_files_share_are_left_out() {
        let stems = [
            "olist_customers_dataset",
            "olist_order_items_dataset",
            "olist_orders_dataset",
            "product_category_name_translation",
        ];
        let expected = [
            "customers",
            "order_items",
            "orders",
            "product_category_translation",
        ];
        assert_eq!(tables(&stems, "marketplace"), expected);
    }

    #[test]
    fn names_of_tables_keep_the_rules() {
        let stems = [
            "sales 2024",
            "sales-2025",
            "2024",
            "Über_Uns__x",
            "teashop_items",
        ];
        let names = tables(&stems, "teashop");
        assert_eq!(
            names,
            ["sales", "sales_2", "table_2024", "ueber_uns_x", "items"]
        );
        for name in tables(&[&"long_".repeat(20), "a__b", "Ünïcödé.x"], "s") {
            assert!(crate::source::check_name("table", &name).is_ok(), "{name}");
        }
    }
}
