//! One file for each group of journeys.

mod every_page;
mod keyboard;
mod mending;
mod people;
mod pictures;
mod setup;
mod work;
