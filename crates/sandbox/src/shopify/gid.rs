//! Global ids (`gid://shopify/<kind>/<number>`): making and reading them. Knows no objects.

/// The kind and number of a well-formed id; a trailing `?model_name=…` or `?inventory_item_id=…` is left out.
pub(crate) fn parse(gid: &str) -> Option<(&str, u64)> {
    let rest = gid.strip_prefix("gid://shopify/")?;
    let (kind, tail) = rest.split_once('/')?;
    let number = tail.split('?').next()?;
    if kind.is_empty() || !kind.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    Some((kind, number.parse().ok()?))
}

/// The number of an id of exactly this kind.
pub(crate) fn number(gid: &str, kind: &str) -> Option<u64> {
    parse(gid).filter(|(found, _)| *found == kind).map(|(_, number)| number)
}

pub(crate) fn gid(kind: &str, number: u64) -> String {
    format!("gid://shopify/{kind}/{number}")
}

pub(crate) fn address(number: u64) -> String {
    format!("gid://shopify/MailingAddress/{number}?model_name=CustomerAddress")
}

pub(crate) fn level(location: u64, item: u64) -> String {
    // Real level ids carry a number of their own; it only has to be stable here.
    format!("gid://shopify/InventoryLevel/{location}?inventory_item_id={item}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_with_and_without_their_tail() {
        let cases = [
            ("gid://shopify/Order/12", Some(("Order", 12))),
            ("gid://shopify/MailingAddress/7?model_name=CustomerAddress", Some(("MailingAddress", 7))),
            ("gid://shopify/Order/", None),
            ("gid://other/Order/1", None),
            ("12", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), expected, "{text}");
        }
        assert_eq!(number("gid://shopify/Order/12", "Customer"), None);
    }
}
