//! What people linked, once for all orders: retailers to customers, items to variants. What a link means is not known here.

use super::commit::Writing;
use super::problems::subjects_from;
use super::records::ItemLinkRecord;
use super::rows::{Row, kept};
use super::{Ledger, Result, statements};
use domain::ids::{CustomerId, JoorOrderId, JoorSkuId, VariantId};
use domain::orders::linked::ItemLink;
use sqlx::{AnyConnection, query};
use std::collections::{BTreeMap, BTreeSet};

const CUSTOMER: &str = "customer";
const ITEM: &str = "item";

statements! {
    LINK = "insert into link (connection, kind, joor_id, shop_id, linked_by, at) \
        values ($1, $2, $3, $4, $5, $6) on conflict (connection, kind, joor_id) \
        do update set shop_id = excluded.shop_id, linked_by = excluded.linked_by, at = excluded.at";
    UNLINK = "delete from link where connection = $1 and kind = $2 and joor_id = $3";
    LINKS = "select joor_id, shop_id, linked_by, at from link where connection = $1 and kind = $2";
    /// Orders of a retailer that wait on what a link to a customer answers.
    WAIT_ON_CUSTOMER = "select distinct o.id from problem p join joor_order o on o.connection = p.connection \
        and o.id = p.joor_order where p.connection = $1 and p.closed is null and p.code in ('CUST_NOT_FOUND', \
        'CUST_AMBIGUOUS', 'CUST_LINK_DEAD', 'CUST_CONTACT_TAKEN') and o.retailer_id = $2 order by o.id";
    /// Orders that wait on what a link to a variant answers, and on which items.
    WAIT_ON_ITEM = "select joor_order, subjects from problem where connection = $1 and closed is null \
        and code in ('ITEM_NOT_FROM_SHOPIFY', 'ITEM_NOT_FOUND', 'ITEM_AMBIGUOUS', 'ITEM_IDS_DISAGREE', \
        'ITEM_LINK_DEAD') order by joor_order";
}

impl Ledger {
    /// Which Shopify customer a JOOR retailer is, by the retailer's id.
    pub async fn customer_links(&self, name: &str) -> Result<BTreeMap<String, CustomerId>> {
        let rows = self.rows(query(LINKS).bind(name).bind(CUSTOMER)).await?;
        rows.iter()
            .map(|row| Ok((Row(row).text("joor_id")?, CustomerId::new(Row(row).text("shop_id")?))))
            .collect()
    }

    /// Which Shopify variant a JOOR SKU is, by the SKU's id.
    pub async fn item_links(&self, name: &str) -> Result<BTreeMap<JoorSkuId, ItemLinkRecord>> {
        let rows = self.rows(query(LINKS).bind(name).bind(ITEM)).await?;
        rows.iter()
            .map(|row| {
                let row = Row(row);
                let link =
                    ItemLink { variant: VariantId::new(row.text("shop_id")?), by: row.text("linked_by")? };
                let sku = JoorSkuId::new(row.text("joor_id")?);
                Ok((sku, ItemLinkRecord { link, at: row.moment("at")? }))
            })
            .collect()
    }

    /// Orders of this retailer that wait because nobody knows which customer it is.
    pub async fn orders_without_customer(&self, name: &str, retailer_id: &str) -> Result<Vec<JoorOrderId>> {
        let rows = self.rows(query(WAIT_ON_CUSTOMER).bind(name).bind(kept(retailer_id))).await?;
        rows.iter().map(|row| Ok(JoorOrderId::new(Row(row).text("id")?))).collect()
    }

    /// Orders that wait because nobody knows which variant an item is, by what their problems call the item.
    pub async fn orders_without_item(&self, name: &str) -> Result<BTreeMap<String, Vec<JoorOrderId>>> {
        let mut found: BTreeMap<String, BTreeSet<JoorOrderId>> = BTreeMap::new();
        for row in self.rows(query(WAIT_ON_ITEM).bind(name)).await? {
            let order = Row(&row).text("joor_order")?;
            for subject in subjects_from(&Row(&row).text("subjects")?)? {
                found.entry(subject.label).or_default().insert(JoorOrderId::new(order.as_str()));
            }
        }
        Ok(found.into_iter().map(|(item, orders)| (item, orders.into_iter().collect())).collect())
    }
}

pub(super) async fn link_customer(
    connection: &mut AnyConnection,
    writing: &Writing<'_>,
    retailer_id: &str,
    customer: &CustomerId,
    by: &str,
) -> Result<()> {
    link(connection, writing, [CUSTOMER, retailer_id, customer.as_str()], by).await
}

pub(super) async fn link_item(
    connection: &mut AnyConnection,
    writing: &Writing<'_>,
    sku: &JoorSkuId,
    variant: &VariantId,
    by: &str,
) -> Result<()> {
    link(connection, writing, [ITEM, sku.as_str(), variant.as_str()], by).await
}

async fn link(
    connection: &mut AnyConnection,
    writing: &Writing<'_>,
    [kind, joor_id, shop_id]: [&str; 3],
    by: &str,
) -> Result<()> {
    query(LINK)
        .bind(writing.name)
        .bind(kind)
        .bind(kept(joor_id))
        .bind(shop_id)
        .bind(kept(by))
        .bind(writing.now.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// Taking back what is not there changes nothing.
pub(super) async fn unlink_item(
    connection: &mut AnyConnection,
    writing: &Writing<'_>,
    sku: &JoorSkuId,
) -> Result<()> {
    query(UNLINK).bind(writing.name).bind(ITEM).bind(kept(sku.as_str())).execute(connection).await?;
    Ok(())
}
