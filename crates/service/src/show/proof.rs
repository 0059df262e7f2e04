//! The proof of a period, for people and for scripts.

use super::tables;
use crate::cycle::proving::Proved;
use domain::orders::equation::{Equation, Sum};
use serde_json::{Value, json};

/// The equation with each term in counts, units and values per currency.
pub fn equation_json(equation: &Equation) -> Value {
    json!({
        "approved": sum_json(&equation.approved),
        "exported": sum_json(&equation.exported),
        "exported_with_issues": sum_json(&equation.exported_with_issues),
        "held": sum_json(&equation.held),
        "skipped": sum_json(&equation.skipped),
        "closed_by_hand": sum_json(&equation.closed_by_hand),
        "in_flight": sum_json(&equation.in_flight),
        "balances": equation.balances(),
    })
}

/// Count, units and values per currency.
pub fn sum_json(sum: &Sum) -> Value {
    let values: serde_json::Map<String, Value> = sum
        .values
        .iter()
        .map(|(currency, amount)| (currency.code().to_owned(), json!(currency.text(*amount))))
        .collect();
    json!({ "count": sum.count, "units": sum.units, "values": values })
}

pub fn proof_json(connection: &str, proved: &Proved) -> Value {
    json!({
        "connection": connection,
        "from": proved.from.to_string(),
        "to": proved.to.to_string(),
        "holds": proved.proof.holds(),
        "equation": equation_json(&proved.proof.equation),
        "in_shopify": sum_json(&proved.proof.in_shopify),
        "differences": proved.proof.differences.iter().map(|(order, retailer, difference)| json!({
            "joor_order": order.as_str(),
            "retailer": retailer,
            "difference": difference.word(),
            "code": difference.code(),
            "sentence": difference.sentence(),
            "fix": difference.fix(),
        })).collect::<Vec<_>>(),
    })
}

pub fn proof_text(connection: &str, proved: &Proved) -> String {
    let proof = &proved.proof;
    let mut text = format!("{connection}: orders approved from {} to {}\n\n", proved.from, proved.to);
    text.push_str(&proof.equation.table());
    text.push_str(&format!("\n{}\n", in_shopify(&proof.in_shopify)));
    if proof.differences.is_empty() {
        let words = match proof.equation.balances() {
            true => "JOOR, this program and Shopify say the same about every order.",
            false => {
                "The counts do not add up although no order differs: please report this as a fault of the program."
            }
        };
        text.push_str(&format!("{words}\n"));
        return text;
    }
    let rows = proof.differences.iter().map(|(order, retailer, difference)| {
        vec![order.to_string(), retailer.clone(), difference.sentence(), difference.fix().to_owned()]
    });
    text.push_str(&format!(
        "\n{}\n",
        tables::wide_table(&["Order", "Retailer", "What differs", "What to do"], rows)
    ));
    text
}

fn in_shopify(sum: &Sum) -> String {
    let values: Vec<String> = sum
        .values
        .iter()
        .map(|(currency, amount)| format!("{} {}", currency.text(*amount), currency.code()))
        .collect();
    let worth = if values.is_empty() { String::new() } else { format!(", worth {}", values.join(" and ")) };
    format!(
        "Standing in Shopify: {} with {}{worth}",
        super::counted(sum.count as usize, "order"),
        super::counted(sum.units as usize, "unit")
    )
}
