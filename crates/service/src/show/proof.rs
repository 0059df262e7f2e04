//! The proof of a period, for people and for scripts.

use super::shapes::{DifferenceShape, EquationShape, ProofShape, SumShape, value_of};
use super::tables;
use crate::cycle::proving::Proved;
use domain::orders::equation::{Equation, Sum};
use serde_json::Value;

/// The equation with each term in counts, units and values per currency.
pub fn equation_json(equation: &Equation) -> Value {
    value_of(&equation_shape(equation))
}

fn equation_shape(equation: &Equation) -> EquationShape {
    EquationShape {
        approved: sum_shape(&equation.approved),
        exported: sum_shape(&equation.exported),
        exported_with_issues: sum_shape(&equation.exported_with_issues),
        held: sum_shape(&equation.held),
        skipped: sum_shape(&equation.skipped),
        closed_by_hand: sum_shape(&equation.closed_by_hand),
        in_flight: sum_shape(&equation.in_flight),
        balances: equation.balances(),
    }
}

fn sum_shape(sum: &Sum) -> SumShape {
    let values = sum.values.iter();
    SumShape {
        count: sum.count,
        units: sum.units,
        values: values.map(|(code, amount)| (code.code().to_owned(), code.text(*amount))).collect(),
    }
}

pub fn proof_json(connection: &str, proved: &Proved) -> Value {
    value_of(&proof_shape(connection, proved))
}

pub fn proof_shape(connection: &str, proved: &Proved) -> ProofShape {
    let proof = &proved.proof;
    ProofShape {
        connection: connection.to_owned(),
        from: proved.from.to_string(),
        to: proved.to.to_string(),
        holds: proof.holds(),
        equation: equation_shape(&proof.equation),
        in_shopify: sum_shape(&proof.in_shopify),
        differences: proof
            .differences
            .iter()
            .map(|(order, retailer, difference)| DifferenceShape {
                joor_order: order.to_string(),
                retailer: retailer.clone(),
                difference: difference.word().to_owned(),
                code: difference.code().map(str::to_owned),
                sentence: difference.sentence(),
                fix: difference.fix().to_owned(),
            })
            .collect(),
    }
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
