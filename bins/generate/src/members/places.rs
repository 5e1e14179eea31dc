//! Where customers live: real cities in their states and countries.
//!
//! In a pattern, `#` stands for a digit and `@` for a letter that postal codes use everywhere.

use crate::random::Weighted;

const POSTAL_LETTERS: &[u8; 16] = b"ABEGHJLNPRSTWXYZ";

/// The payment methods, in the order of [`Country::payment_weights`].
pub(crate) const PAYMENT_METHODS: [&str; 5] = [
    "Credit Card",
    "Debit Card",
    "UPI",
    "Cash on Delivery",
    "Net Banking",
];

/// A country and how its people pay.
#[derive(Debug)]
pub(crate) struct Country {
    pub(crate) name: &'static str,
    pub(crate) payment_weights: [u64; 5],
}

/// A city.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) country: &'static Country,
    pub(crate) state: &'static str,
    pub(crate) city: &'static str,
    pub(crate) postal_pattern: &'static str,
    pub(crate) phone_pattern: &'static str,
    weight: u64,
}

const UNITED_STATES: &Country = &Country {
    name: "United States",
    payment_weights: [58, 30, 0, 3, 9],
};
const CANADA: &Country = &Country {
    name: "Canada",
    payment_weights: [60, 27, 0, 3, 10],
};
const UNITED_KINGDOM: &Country = &Country {
    name: "United Kingdom",
    payment_weights: [35, 50, 0, 3, 12],
};
const GERMANY: &Country = &Country {
    name: "Germany",
    payment_weights: [26, 24, 0, 15, 35],
};
const FRANCE: &Country = &Country {
    name: "France",
    payment_weights: [40, 40, 0, 6, 14],
};
const INDIA: &Country = &Country {
    name: "India",
    payment_weights: [15, 13, 45, 17, 10],
};
const AUSTRALIA: &Country = &Country {
    name: "Australia",
    payment_weights: [46, 38, 0, 3, 13],
};

const fn place(
    country: &'static Country,
    state: &'static str,
    city: &'static str,
    postal_pattern: &'static str,
    phone_pattern: &'static str,
    weight: u64,
) -> Place {
    Place {
        country,
        state,
        city,
        postal_pattern,
        phone_pattern,
        weight,
    }
}

/// Phone numbers use ranges that are set aside for fiction where a country has one.
#[rustfmt::skip]
pub(super) const PLACES: [Place; 46] = [
    place(UNITED_STATES, "New York", "New York", "100##", "+1 212 555 ####", 90),
    place(UNITED_STATES, "New York", "Buffalo", "142##", "+1 716 555 ####", 10),
    place(UNITED_STATES, "California", "Los Angeles", "900##", "+1 213 555 ####", 70),
    place(UNITED_STATES, "California", "San Francisco", "941##", "+1 415 555 ####", 35),
    place(UNITED_STATES, "California", "San Diego", "921##", "+1 619 555 ####", 25),
    place(UNITED_STATES, "Illinois", "Chicago", "606##", "+1 312 555 ####", 45),
    place(UNITED_STATES, "Texas", "Houston", "770##", "+1 713 555 ####", 38),
    place(UNITED_STATES, "Texas", "Dallas", "752##", "+1 214 555 ####", 30),
    place(UNITED_STATES, "Texas", "Austin", "787##", "+1 512 555 ####", 22),
    place(UNITED_STATES, "Florida", "Miami", "331##", "+1 305 555 ####", 28),
    place(UNITED_STATES, "Florida", "Orlando", "328##", "+1 407 555 ####", 14),
    place(UNITED_STATES, "Washington", "Seattle", "981##", "+1 206 555 ####", 26),
    // These postal codes begin with a zero: they are text, not numbers.
    place(UNITED_STATES, "Massachusetts", "Boston", "021##", "+1 617 555 ####", 26),
    place(UNITED_STATES, "Pennsylvania", "Philadelphia", "191##", "+1 215 555 ####", 24),
    place(UNITED_STATES, "Georgia", "Atlanta", "303##", "+1 404 555 ####", 24),
    place(UNITED_STATES, "Colorado", "Denver", "802##", "+1 303 555 ####", 18),
    place(UNITED_STATES, "Arizona", "Phoenix", "850##", "+1 602 555 ####", 20),
    place(UNITED_STATES, "Ohio", "Columbus", "432##", "+1 614 555 ####", 14),
    place(UNITED_STATES, "Minnesota", "Minneapolis", "554##", "+1 612 555 ####", 14),
    place(UNITED_STATES, "Oregon", "Portland", "972##", "+1 503 555 ####", 14),
    place(CANADA, "Ontario", "Toronto", "M5V #@#", "+1 416 555 ####", 26),
    place(CANADA, "Ontario", "Ottawa", "K1P #@#", "+1 613 555 ####", 8),
    place(CANADA, "British Columbia", "Vancouver", "V6B #@#", "+1 604 555 ####", 14),
    place(CANADA, "Alberta", "Calgary", "T2P #@#", "+1 403 555 ####", 9),
    place(CANADA, "Quebec", "Montreal", "H3B #@#", "+1 514 555 ####", 14),
    place(UNITED_KINGDOM, "England", "London", "SW1A #@@", "+44 20 7946 0###", 40),
    place(UNITED_KINGDOM, "England", "Manchester", "M1 #@@", "+44 161 496 0###", 12),
    place(UNITED_KINGDOM, "England", "Birmingham", "B1 #@@", "+44 121 496 0###", 12),
    place(UNITED_KINGDOM, "Scotland", "Glasgow", "G1 #@@", "+44 141 496 0###", 8),
    place(UNITED_KINGDOM, "Wales", "Cardiff", "CF10 #@@", "+44 29 2018 0###", 4),
    place(GERMANY, "Berlin", "Berlin", "101##", "+49 30 23125 ###", 20),
    place(GERMANY, "Bavaria", "Munich", "803##", "+49 89 99998 ###", 14),
    place(GERMANY, "Hamburg", "Hamburg", "200##", "+49 40 66969 ###", 12),
    place(GERMANY, "North Rhine-Westphalia", "Cologne", "506##", "+49 221 4710 ###", 10),
    place(FRANCE, "Île-de-France", "Paris", "7501#", "+33 1 99 00 ## ##", 24),
    place(FRANCE, "Auvergne-Rhône-Alpes", "Lyon", "6900#", "+33 4 65 71 ## ##", 8),
    place(FRANCE, "Provence-Alpes-Côte d'Azur", "Marseille", "1300#", "+33 4 65 71 ## ##", 8),
    place(INDIA, "Maharashtra", "Mumbai", "4000##", "+91 22 5555 ####", 24),
    place(INDIA, "Maharashtra", "Pune", "4110##", "+91 20 5555 ####", 10),
    place(INDIA, "Karnataka", "Bengaluru", "5600##", "+91 80 5555 ####", 22),
    place(INDIA, "Delhi", "New Delhi", "1100##", "+91 11 5555 ####", 20),
    place(INDIA, "Tamil Nadu", "Chennai", "6000##", "+91 44 5555 ####", 12),
    place(INDIA, "Telangana", "Hyderabad", "5000##", "+91 40 5555 ####", 12),
    place(AUSTRALIA, "New South Wales", "Sydney", "20##", "+61 2 5550 ####", 18),
    place(AUSTRALIA, "Victoria", "Melbourne", "30##", "+61 3 5550 ####", 16),
    place(AUSTRALIA, "Queensland", "Brisbane", "40##", "+61 7 5550 ####", 8),
];

/// Places in proportion to their customers.
pub(crate) fn by_customers() -> Weighted {
    Weighted::new(PLACES.iter().map(|place| place.weight))
}

/// The payment methods of a place's country in proportion to their use, for each place.
pub(crate) fn payment_methods() -> Vec<Weighted> {
    PLACES
        .iter()
        .map(|place| Weighted::new(place.country.payment_weights))
        .collect()
}

/// Fills what a pattern leaves open; the same entropy always fills it in the same way.
pub(super) fn fill_pattern(pattern: &str, mut entropy: u64, out: &mut Vec<u8>) {
    let mut next_below = |limit: u64| {
        let drawn = entropy % limit;
        entropy /= limit;
        drawn
    };
    out.extend(pattern.bytes().map(|symbol| match symbol {
        b'#' => b'0' + next_below(10) as u8,
        b'@' => POSTAL_LETTERS[next_below(POSTAL_LETTERS.len() as u64) as usize],
        other => other,
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_filled() {
        let mut out = Vec::new();
        fill_pattern("M5V #@#", 3 + 10 + 160 * 9, &mut out);

        assert_eq!(out, b"M5V 3B9");
    }

    #[test]
    fn a_city_is_named_once_and_has_a_phone_of_its_country() {
        let mut cities: Vec<&str> = PLACES.iter().map(|place| place.city).collect();
        cities.sort_unstable();
        cities.dedup();

        assert_eq!(cities.len(), PLACES.len());
        assert!(
            PLACES
                .iter()
                .all(|place| place.phone_pattern.starts_with('+'))
        );
    }
}
