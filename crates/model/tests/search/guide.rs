//! Keeps `docs/guide/model.md` true: every figure of its table is compared with the search that it is of.

const GUIDE: &str = include_str!("../../../../docs/guide/model.md");
const EXACTLY_ONCE: &str = include_str!("../../../../docs/guide/exactly-once.md");

/// A row of the table: test, bounds, worlds, steps.
struct Row {
    test: &'static str,
    bounds: &'static str,
    worlds: usize,
    steps: usize,
}

fn rows() -> Vec<Row> {
    let of = |line: &'static str| {
        let cells: Vec<&str> =
            line.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let number = |text: &str| text.replace(',', "").parse().ok();
        match cells[..] {
            [test, bounds, worlds, steps] => {
                Some(Row { test, bounds, worlds: number(worlds)?, steps: number(steps)? })
            }
            _ => None,
        }
    };
    GUIDE.lines().filter(|line| line.starts_with("| `")).filter_map(of).collect()
}

/// The searches that the guide counts, in its order.
pub fn searches() -> Vec<(&'static str, &'static str)> {
    rows().into_iter().map(|row| (row.test, row.bounds)).collect()
}

/// The guide is right to about a twentieth: a rule that changes may change how many worlds there are. A search with bounds
/// of one's own has no row.
pub fn says(test: &str, bounds: &str, worlds: usize, steps: usize) {
    let Some(row) = rows().into_iter().find(|row| row.test == test && row.bounds == bounds) else { return };
    let right = |told: usize, counted: usize| told.abs_diff(counted) * 20 <= counted;
    assert!(
        right(row.worlds, worlds) && right(row.steps, steps),
        "docs/guide/model.md is out of date, the row is now:\n| `{test}` | `{bounds}` | {} | {} |",
        with_commas(worlds),
        with_commas(steps)
    );
}

/// The guide tells this story, to the word.
pub fn tells(story: &str) {
    assert!(GUIDE.contains(story), "docs/guide/model.md tells another story than\n{story}");
}

pub fn counts_broken_rules(count: usize) {
    for (page, text) in [("model.md", GUIDE), ("exactly-once.md", EXACTLY_ONCE)] {
        assert!(
            text.contains(&format!("{count} broken rules")),
            "docs/guide/{page} does not say {count} broken rules"
        );
    }
}

fn with_commas(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
