//! What people and other programs do to orders and customers in Shopify's admin that no API call of ours would: for planting the
//! differences that a comparison has to find.

use super::gid;
use super::handle::Shop;
use rust_decimal::Decimal;

impl Shop {
    /// A second order with everything that the first one carries; only the custom id stays with the first, as it must.
    /// Returns its global id.
    pub fn duplicate_order(&self, order_gid: &str) -> String {
        let mut state = self.state();
        let found = gid::number(order_gid, "Order").and_then(|id| state.orders.get(&id)).cloned();
        let mut copy = found.expect("the order to duplicate is there");
        copy.id = state.new_id();
        copy.name = format!("#{}", copy.id);
        copy.metafields.clear();
        for line in &mut copy.lines {
            line.id = state.new_id();
        }
        for work in &mut copy.fulfillment_orders {
            work.id = state.new_id();
        }
        let gid = gid::gid("Order", copy.id);
        state.orders.insert(copy.id, copy);
        gid
    }

    /// The order gets another source, as one that another program made.
    pub fn rename_source(&self, order_gid: &str, source: &str) {
        self.change_order(order_gid, |order| {
            order.source_identifier = Some(source.to_owned());
            order.source_name = Some("other".to_owned());
        });
    }

    /// The order loses its source; what else it carries, it keeps.
    pub fn blank_source(&self, order_gid: &str) {
        self.change_order(order_gid, |order| {
            order.source_identifier = None;
            order.source_name = None;
        });
    }

    /// A person edits the order: so many more units of a line.
    pub fn add_units(&self, order_gid: &str, line: usize, more: i64) {
        self.change_order(order_gid, |order| {
            let Some(line) = order.lines.get_mut(line) else { return };
            line.quantity += more;
            let worth = line.price * Decimal::from(more);
            order.totals.subtotal += worth;
            order.totals.total += worth;
        });
    }

    /// A person gives a customer another name.
    pub fn rename_customer(&self, customer: u64, first_name: &str, last_name: &str) {
        if let Some(found) = self.state().customers.get_mut(&customer) {
            found.first_name = Some(first_name.to_owned());
            found.last_name = Some(last_name.to_owned());
        }
    }

    /// A person gives a customer another e-mail, or takes it away.
    pub fn set_customer_email(&self, customer: u64, email: Option<&str>) {
        if let Some(found) = self.state().customers.get_mut(&customer) {
            found.email = email.map(str::to_owned);
        }
    }
}
