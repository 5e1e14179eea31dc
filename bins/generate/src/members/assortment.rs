//! What the shop sells: categories, their sub categories and the things in them.

/// A category with its sub categories.
#[derive(Debug)]
pub(crate) struct Category {
    pub(crate) name: &'static str,
    pub(crate) sub_categories: [SubCategory; 4],
}

/// Things of one kind and what they cost.
#[derive(Debug)]
pub(crate) struct SubCategory {
    pub(crate) name: &'static str,
    pub(crate) things: [&'static str; 4],
    /// The lowest and the highest price, in whole units of the currency.
    pub(crate) prices: (u64, u64),
}

const fn sub(
    name: &'static str,
    lowest_price: u64,
    highest_price: u64,
    things: [&'static str; 4],
) -> SubCategory {
    SubCategory {
        name,
        things,
        prices: (lowest_price, highest_price),
    }
}

/// The categories; the first is `CAT001`.
#[rustfmt::skip]
pub(crate) const CATEGORIES: [Category; 8] = [
    Category { name: "Electronics", sub_categories: [
        sub("Audio", 19, 399, ["Headphones", "Speaker", "Earbuds", "Soundbar"]),
        sub("Computers", 299, 1_999, ["Laptop", "Desktop", "Monitor", "Tablet"]),
        sub("Accessories", 5, 129, ["Keyboard", "Mouse", "Charger", "Webcam"]),
        sub("Cameras", 89, 1_499, ["Action Camera", "Camera", "Lens", "Drone"]),
    ] },
    Category { name: "Clothing", sub_categories: [
        sub("Men", 12, 149, ["Shirt", "Jeans", "Jacket", "Sweater"]),
        sub("Women", 12, 179, ["Dress", "Blouse", "Skirt", "Coat"]),
        sub("Children", 7, 59, ["T-Shirt", "Leggings", "Raincoat", "Pyjamas"]),
        sub("Shoes", 24, 189, ["Sneakers", "Boots", "Sandals", "Loafers"]),
    ] },
    Category { name: "Home & Kitchen", sub_categories: [
        sub("Cookware", 14, 249, ["Frying Pan", "Saucepan", "Knife Set", "Casserole"]),
        sub("Appliances", 29, 499, ["Blender", "Toaster", "Coffee Maker", "Vacuum Cleaner"]),
        sub("Bedding", 15, 199, ["Duvet", "Pillow", "Sheet Set", "Blanket"]),
        sub("Decor", 6, 129, ["Lamp", "Vase", "Mirror", "Clock"]),
    ] },
    Category { name: "Books", sub_categories: [
        sub("Fiction", 5, 29, ["Novel", "Mystery", "Short Stories", "Thriller"]),
        sub("Non-Fiction", 8, 45, ["Biography", "History", "Travel Guide", "Essay Collection"]),
        sub("Cooking", 10, 49, ["Cookbook", "Baking Guide", "Wine Guide", "Recipe Cards"]),
        sub("Education", 12, 119, ["Textbook", "Workbook", "Dictionary", "Atlas"]),
    ] },
    Category { name: "Sports & Outdoors", sub_categories: [
        sub("Fitness", 9, 299, ["Yoga Mat", "Dumbbells", "Resistance Bands", "Kettlebell"]),
        sub("Camping", 12, 449, ["Tent", "Sleeping Bag", "Camp Stove", "Headlamp"]),
        sub("Cycling", 9, 899, ["Helmet", "Bike Light", "City Bike", "Cycling Gloves"]),
        sub("Team Sports", 8, 99, ["Football", "Basketball", "Goal Net", "Shin Guards"]),
    ] },
    Category { name: "Beauty & Care", sub_categories: [
        sub("Skin Care", 6, 89, ["Face Cream", "Serum", "Sunscreen", "Body Lotion"]),
        sub("Hair Care", 4, 119, ["Shampoo", "Conditioner", "Hair Dryer", "Hair Oil"]),
        sub("Fragrance", 19, 159, ["Perfume", "Cologne", "Body Mist", "Scented Candle"]),
        sub("Make-up", 5, 69, ["Lipstick", "Mascara", "Foundation", "Brush Set"]),
    ] },
    Category { name: "Toys & Games", sub_categories: [
        sub("Building", 9, 249, ["Brick Set", "Train Set", "Marble Run", "Model Kit"]),
        sub("Board Games", 12, 79, ["Board Game", "Card Game", "Puzzle", "Quiz Game"]),
        sub("Dolls", 8, 99, ["Doll", "Doll House", "Puppet", "Plush Bear"]),
        sub("Outdoor Toys", 6, 349, ["Kite", "Scooter", "Swing", "Water Slide"]),
    ] },
    Category { name: "Grocery", sub_categories: [
        sub("Coffee & Tea", 3, 39, ["Coffee Beans", "Green Tea", "Black Tea", "Espresso Pods"]),
        sub("Snacks", 1, 19, ["Chocolate", "Nut Mix", "Crackers", "Dried Fruit"]),
        sub("Pantry", 1, 25, ["Olive Oil", "Pasta", "Honey", "Rice"]),
        sub("Drinks", 1, 29, ["Lemonade", "Juice", "Sparkling Water", "Syrup"]),
    ] },
];

/// Words that tell things of one kind apart.
pub(crate) const VARIANTS: [&str; 16] = [
    "Classic",
    "Compact",
    "Deluxe",
    "Eco",
    "Essential",
    "Everyday",
    "Lite",
    "Modern",
    "Original",
    "Premium",
    "Pro",
    "Select",
    "Signature",
    "Smart",
    "Studio",
    "Urban",
];
