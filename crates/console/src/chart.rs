//! Bars over time, drawn by the server: one colour, no script, and the same numbers as a table.

/// A chart of figures over time.
#[derive(Clone, Debug)]
pub struct Chart {
    /// Says in one sentence what the picture shows.
    pub summary: String,
    /// What each bar is of, such as "Day".
    pub of: &'static str,
    /// What is counted, such as "Orders".
    pub unit: &'static str,
    pub first: String,
    pub last: String,
    pub bars: Vec<Bar>,
    /// The figure that fills the whole height; 0: the highest bar does.
    pub full: u64,
}

#[derive(Clone, Debug)]
pub struct Bar {
    pub label: String,
    pub figure: u64,
}

/// A bar in units of the picture.
pub struct Drawn<'a> {
    pub x: usize,
    pub y: u64,
    pub width: usize,
    pub height: u64,
    pub label: &'a str,
    pub figure: u64,
}

const STEP: usize = 20;
const HEIGHT: u64 = 100;

impl Chart {
    pub fn width(&self) -> usize {
        (self.bars.len() * STEP).max(1)
    }

    pub fn drawn(&self) -> Vec<Drawn<'_>> {
        let highest = self.bars.iter().map(|bar| bar.figure).max().unwrap_or(0).max(self.full).max(1);
        self.bars
            .iter()
            .enumerate()
            .map(|(index, bar)| {
                // Something is never drawn as nothing.
                let height = (bar.figure * HEIGHT).div_ceil(highest).min(HEIGHT);
                Drawn {
                    x: index * STEP + 3,
                    y: HEIGHT - height,
                    width: STEP - 6,
                    height,
                    label: &bar.label,
                    figure: bar.figure,
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_bar_fills_the_picture_and_a_little_is_not_nothing() {
        let bars = [0, 1, 1000].map(|figure| Bar { label: figure.to_string(), figure }).to_vec();
        let chart = Chart {
            summary: String::new(),
            of: "Day",
            unit: "Orders",
            first: String::new(),
            last: String::new(),
            bars,
            full: 0,
        };
        let heights: Vec<u64> = chart.drawn().iter().map(|bar| bar.height).collect();
        assert_eq!(heights, [0, 1, 100]);
        let half = Chart { full: 2000, ..chart };
        assert_eq!(half.drawn()[2].height, 50);
    }
}
