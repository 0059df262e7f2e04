//! Tables for a terminal. Colour is never used, so it never carries meaning.

use super::cell;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, TableComponent, presets};

/// A table with these columns; columns that hold amounts are marked with a leading `>` and stand to the right.
pub fn table(columns: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    filled(ruled(), columns, rows, cell)
}

/// A table whose cells may be long: problems with their sentences.
pub fn wide_table(columns: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = ruled();
    if table.width().is_none() {
        // No terminal: a fixed width keeps files and pipes readable.
        table.set_width(140);
    }
    filled(table, columns, rows, super::clean)
}

fn filled(
    mut table: Table,
    columns: &[&str],
    rows: impl IntoIterator<Item = Vec<String>>,
    shown: impl Fn(&str) -> String,
) -> String {
    let right = |index: usize| columns.get(index).is_some_and(|name| name.starts_with('>'));
    let align = |index: usize, text: &str| {
        let cell = Cell::new(text);
        if right(index) { cell.set_alignment(CellAlignment::Right) } else { cell }
    };
    table.set_header(columns.iter().enumerate().map(|(i, name)| align(i, name.trim_start_matches('>'))));
    for row in rows {
        table.add_row(row.iter().enumerate().map(|(index, text)| align(index, &shown(text))));
    }
    table.trim_fmt()
}

/// One rule under the header and none between rows, so that a list of orders fits the screen.
fn ruled() -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_style(TableComponent::HeaderLines, '─');
    table.set_style(TableComponent::MiddleHeaderIntersections, '─');
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_stand_to_the_right_and_texts_are_cleaned() {
        let shown = table(
            &["Order", ">Value"],
            [
                vec!["7\u{1b}1".to_owned(), "5.00 USD".to_owned()],
                vec!["8".to_owned(), "15.00 USD".to_owned()],
            ],
        );
        assert!(shown.contains("7·1"), "{shown}");
        assert!(shown.contains("  5.00 USD"), "{shown}");
    }
}
