//! Who takes part: customers, products and their suppliers, stores and their people.

mod addresses;
mod assortment;
mod catalogue;
mod customers;
mod persons;
mod places;
mod popularity;
mod products;
mod stores;
mod suppliers;

pub(crate) use addresses::Address;
pub(crate) use catalogue::{Catalogue, due, write_categories};
pub(crate) use customers::Customers;
pub(crate) use places::{PAYMENT_METHODS, by_customers, payment_methods};
pub(crate) use stores::{Stores, is_carried, is_online, location, ships, store_number};
pub(crate) use suppliers::Suppliers;
