"""The synthetic shop as a plain script makes it: Faker for texts, csv.writer for files.

Usage: generate_faker.py ORDERS FOLDER. Prints the number of rows. The columns are those of
`generate`; the rows refer to each other and the totals are right, but nobody comes again more often
than others, there is no season, and nothing is ever sold out.
"""

import csv
import json
import random
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

from faker import Faker

START = date(2025, 1, 1)
DAYS = 365
PAYMENT_METHODS = ["Credit Card", "Debit Card", "UPI", "Cash on Delivery", "Net Banking"]
CATEGORIES = {
    "Electronics": ["Phones", "Audio", "Cameras", "Computers"],
    "Clothing": ["Men", "Women", "Children", "Shoes"],
    "Home": ["Kitchen", "Bedding", "Decor", "Storage"],
    "Books": ["Fiction", "History", "Science", "Travel"],
}
CARRIERS = [("Northway", 2, 6.4), ("Bluebird Parcel", 3, 4.9), ("Longhaul Freight", 5, 3.7)]
STORES = ["STORE001", "STORE002", "STORE003", "STORE004", "STORE005"]
STORE_TYPES = ["online", "marketplace", "retail", "retail", "outlet"]
SUPPLIER_COUNT = 36
REPRESENTATIVES_PER_STORE = 3


def age_group(birth_date):
    age = (START - birth_date).days // 365
    for limit, name in [(26, "18-25"), (36, "26-35"), (46, "36-45"), (61, "46-60")]:
        if age < limit:
            return name
    return "60+"


def write(folder, name, columns, rows):
    """Writes a file and returns the number of its rows."""
    with open(folder / name, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        count = 0
        for row in rows:
            writer.writerow(row)
            count += 1
    return count


def make_customers(fake, count):
    customers = []
    for number in range(1, count + 1):
        first_name, last_name = fake.first_name(), fake.last_name()
        birth_date = fake.date_of_birth(minimum_age=18, maximum_age=85)
        registered = fake.date_between(START - timedelta(days=1095), START)
        customers.append([
            f"CUST{number:04d}", first_name, last_name,
            f"{first_name}.{last_name}{number}@example.com".lower(), fake.phone_number(),
            registered.isoformat(), fake.city(), fake.state(), "United States",
            age_group(birth_date), birth_date.isoformat(),
            random.choice(["Female", "Male", "Other"]),
            random.choice(["Consumer", "Small Business", "Corporate"]), fake.postcode(),
            datetime.combine(registered, datetime.min.time()).strftime("%Y-%m-%d %H:%M:%S"),
        ])
    return customers


def make_categories():
    """The top categories, then those below them."""
    categories = [[f"CAT{number:03d}", "", name] for number, name in enumerate(CATEGORIES, 1)]
    for parent, names in zip(list(categories), CATEGORIES.values()):
        for name in names:
            categories.append([f"CAT{len(categories) + 1:03d}", parent[0], name])
    return categories


def updated_before_start(fake):
    moment = fake.date_time_between(START - timedelta(days=365), START)
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def make_suppliers(fake):
    return [
        [
            f"SUP{number:03d}", fake.company(), fake.city(), fake.state(), "United States",
            random.randint(3, 14), updated_before_start(fake),
        ]
        for number in range(1, SUPPLIER_COUNT + 1)
    ]


def make_stores(fake):
    return [
        [
            store_id, f"Store {number}", store_type, fake.name(), fake.city(), fake.state(),
            "United States", "North America",
            fake.date_between(START - timedelta(days=4000), START - timedelta(days=400)).isoformat(),
            updated_before_start(fake),
        ]
        for number, (store_id, store_type) in enumerate(zip(STORES, STORE_TYPES), 1)
    ]


def make_representatives(fake):
    """Those of a store follow each other; nobody sells on the web."""
    count = REPRESENTATIVES_PER_STORE * len(STORES[2:])
    return [
        [
            f"REP{number:03d}", fake.name(), f"sales{number:03d}@example.com", "North America",
            random.choice(["0.010", "0.015", "0.020", "0.025"]), updated_before_start(fake),
        ]
        for number in range(1, count + 1)
    ]


def make_products(fake, count):
    category_ids = {row[2]: row[0] for row in make_categories() if row[1]}
    products = []
    for number in range(1, count + 1):
        category = random.choice(list(CATEGORIES))
        sub_category = random.choice(CATEGORIES[category])
        price = round(random.uniform(5, 500), 2)
        products.append([
            f"PROD{number:04d}", f"{fake.last_name()} {sub_category} {number}", category,
            sub_category, price, round(price * random.uniform(0.4, 0.8), 2), fake.company(),
            random.randint(100, 1000), f"SUP{random.randint(1, SUPPLIER_COUNT):03d}",
            category_ids[sub_category], "USD", "true", updated_before_start(fake),
        ])
    return products


class Shop:
    """Orders and all that follows from them, row by row into lists."""

    def __init__(self, fake, customers, products):
        self.fake = fake
        self.customers = customers
        self.products = products
        self.stock = {(product[0], store): 200 for product in products for store in STORES[:1]}
        self.transactions = []
        self.items = []
        self.payments = []
        self.shipments = []
        self.movements = []
        self.events = []
        self.visit = 0

    def add_order(self, number, placed):
        transaction_id = f"TXN{number:05d}"
        customer = random.choice(self.customers)
        payment_method = random.choice(PAYMENT_METHODS)
        store = random.choices(STORES, weights=[70, 12, 6, 6, 6])[0]
        representative = ""
        if store not in STORES[:2]:
            first = REPRESENTATIVES_PER_STORE * STORES[2:].index(store)
            representative = f"REP{first + random.randint(1, REPRESENTATIVES_PER_STORE):03d}"
        total = 0
        ordered = random.sample(self.products, random.choices([1, 2, 3, 4, 5], [15, 20, 30, 20, 15])[0])
        for line_number, product in enumerate(ordered, 1):
            quantity = random.choices([1, 2, 3, 4, 5], [62, 22, 9, 4, 3])[0]
            discount = random.choice([0, 0, 0, 5, 10, 15, 20])
            line_total = round(quantity * product[4] * (1 - discount / 100), 2)
            total += line_total
            self.items.append([
                f"ITEM{len(self.items) + 1:05d}", transaction_id, product[0], quantity,
                f"{product[4]:.2f}", f"{discount:.2f}", f"{line_total:.2f}", line_number, product[8],
            ])
            self.move(product, "sale", -quantity, placed)
        status = random.choices(["completed", "cancelled", "unpaid", "returned"], [91, 4, 2, 3])[0]
        self.transactions.append([
            transaction_id, customer[0], placed.strftime("%Y-%m-%d"), placed.strftime("%H:%M:%S"),
            payment_method, self.fake.street_address(), f"{total:.2f}", status, store, representative, "USD",
            "0.00", "0.00", "0.00", customer[6], customer[7], customer[13], customer[8],
            customer[6], customer[7], customer[13], customer[8],
            placed.strftime("%Y-%m-%d %H:%M:%S"),
        ])
        if status in ("completed", "returned"):
            self.pay(transaction_id, payment_method, total, placed)
            if store in STORES[:2]:
                self.ship(transaction_id, placed)
        if store == STORES[0] and random.random() < 0.05:
            self.track(transaction_id, customer[0], ordered, placed)

    def move(self, product, kind, quantity, moment):
        key = (product[0], STORES[0])
        if self.stock[key] + quantity < 0:
            self.move(product, "purchase", 200, moment)
        self.stock[key] += quantity
        self.movements.append([
            f"MOV{len(self.movements) + 1:05d}", product[0], STORES[0], kind, quantity,
            f"{product[5]:.2f}", moment.strftime("%Y-%m-%d %H:%M:%S"),
        ])

    def pay(self, transaction_id, payment_method, total, placed):
        paid_at = placed + timedelta(seconds=random.randint(20, 600))
        self.payments.append([
            transaction_id, 1, payment_method, 1, f"{total:.2f}", "paid",
            paid_at.strftime("%Y-%m-%d %H:%M:%S"),
        ])

    def ship(self, transaction_id, placed):
        carrier, days, cost = random.choice(CARRIERS)
        shipped = placed + timedelta(days=random.randint(1, 2), seconds=random.randint(0, 36000))
        promised = shipped + timedelta(days=days)
        delivered = promised + timedelta(hours=random.randint(-48, 24))
        self.shipments.append([
            transaction_id, f"SHIP{len(self.shipments) + 1:05d}", carrier, "delivered", f"{cost:.2f}",
            shipped.strftime("%Y-%m-%d %H:%M:%S"), delivered.strftime("%Y-%m-%d %H:%M:%S"),
            promised.strftime("%Y-%m-%d %H:%M:%S"),
        ])

    def track(self, transaction_id, customer_id, ordered, placed):
        """The visit that ends in the order, and those of others who only look."""
        steps = [("page_view", None)]
        for product in ordered:
            steps += [("product_view", product[0]), ("add_to_cart", product[0])]
        steps += [("begin_checkout", None), ("purchase", None)]
        self.add_visit(customer_id, steps, placed, {"transaction_id": transaction_id})
        for _ in range(17):
            product = random.choice(self.products)
            steps = [("page_view", None), ("product_view", product[0])]
            self.add_visit(None, steps, placed, {})

    def add_visit(self, customer_id, steps, start, properties):
        self.visit += 1
        device = random.choice(["mobile", "desktop", "tablet"])
        for position, (kind, product_id) in enumerate(steps):
            occurred_at = start + timedelta(seconds=60 * position)
            self.events.append({
                "event_id": f"EVT{len(self.events) + 1:05d}",
                "visitor_id": f"VIS{self.visit:05d}",
                "session_id": f"SES{self.visit:05d}",
                "customer_id": customer_id,
                "event_type": kind,
                "product_id": product_id,
                "occurred_at": occurred_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "properties": {"device": device, **properties},
            })

    def snapshot(self, day):
        for (product_id, store), quantity in self.stock.items():
            yield [day.isoformat(), product_id, store, quantity, 20]


def write_shop(shop, folder, snapshots):
    columns = {
        "categories": "category_id,parent_category_id,category_name",
        "suppliers": "supplier_id,supplier_name,city,state,country,lead_time_days,updated_at",
        "stores": "store_id,store_name,store_type,manager,city,state,country,region,opened_date,"
        "updated_at",
        "sales_representatives": "sales_rep_id,sales_rep_name,email,region,commission_rate,"
        "updated_at",
        "customers": "customer_id,first_name,last_name,email,phone,registration_date,city,state,"
        "country,age_group,birth_date,gender,segment,postal_code,updated_at",
        "products": "product_id,product_name,category,sub_category,price,cost,brand,stock_quantity,"
        "supplier_id,category_id,currency,is_active,updated_at",
        "transactions": "transaction_id,customer_id,transaction_date,transaction_time,payment_method,"
        "shipping_address,total_amount,status,store_id,sales_rep_id,currency,discount_amount,"
        "tax_amount,shipping_amount,shipping_city,shipping_state,shipping_postal_code,"
        "shipping_country,billing_city,billing_state,billing_postal_code,billing_country,updated_at",
        "transaction_items": "item_id,transaction_id,product_id,quantity,unit_price,"
        "discount_percentage,line_total,line_number,supplier_id",
        "payments": "transaction_id,payment_sequence,payment_method,installments,amount,status,paid_at",
        "shipments": "transaction_id,shipment_id,carrier,status,shipping_cost,shipped_at,"
        "delivered_at,estimated_delivery_at",
        "inventory_movements": "movement_id,product_id,store_id,movement_type,quantity,unit_cost,"
        "moved_at",
        "inventory_snapshots": "snapshot_date,product_id,store_id,quantity_on_hand,reorder_point",
    }
    rows = {
        "categories": make_categories(),
        "suppliers": make_suppliers(shop.fake),
        "stores": make_stores(shop.fake),
        "sales_representatives": make_representatives(shop.fake),
        "customers": shop.customers,
        "products": shop.products,
        "transactions": shop.transactions,
        "transaction_items": shop.items,
        "payments": shop.payments,
        "shipments": shop.shipments,
        "inventory_movements": shop.movements,
        "inventory_snapshots": snapshots,
    }
    count = 0
    for name, names in columns.items():
        count += write(folder, f"{name}.csv", names.split(","), rows[name])
    with open(folder / "web_events.ndjson", "w", encoding="utf-8") as file:
        for event in shop.events:
            file.write(json.dumps(event, separators=(",", ":")) + "\n")
    return count + len(shop.events)


def main():
    order_count, folder = int(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    fake = Faker()
    Faker.seed(42)
    random.seed(42)
    customers = make_customers(fake, order_count // 10)
    products = make_products(fake, int(5 * order_count**0.5))
    shop = Shop(fake, customers, products)
    snapshots = []
    for number in range(1, order_count + 1):
        day = START + timedelta(days=(number - 1) * DAYS // order_count)
        placed = datetime.combine(day, datetime.min.time()) + timedelta(seconds=random.randint(0, 86399))
        if not snapshots or (day - START).days // 7 > (len(snapshots) // len(products) - 1):
            snapshots.extend(shop.snapshot(day))
        shop.add_order(number, placed)
    print(write_shop(shop, folder, snapshots))


if __name__ == "__main__":
    main()
