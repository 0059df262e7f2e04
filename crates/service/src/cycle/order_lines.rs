//! The lines of orders: from memory where they cannot have changed, else read, batched; once more alone where a batch does
//! not add up to what the order says. Decides nothing.

use super::{Gathered, KnownLines, Stage, Stop, Worker};
use adapters::ports::CallError;
use domain::ids::JoorOrderId;
use domain::orders::lines;
use domain::orders::order::{Line, Order};
use jiff::ToSpan;
use std::time::Duration;

/// Orders that are read alone in one cycle; the others' turn comes in the next one.
const ALONE_MAX: usize = 20;
/// What was read is remembered after each so many orders.
const READ_AT_ONCE: usize = 50;
/// Where JOOR's credits did not reach for the lines of all orders, those that were read count for this long; whatever
/// leaves is read again right before.
const SHORT_FOR: Duration = Duration::from_secs(3600);

impl Worker {
    pub(super) async fn read_lines(
        &mut self,
        gathered: &mut Gathered,
        ids: &[JoorOrderId],
        fresh: bool,
    ) -> Stage<()> {
        let yesterday = self.now().day().saturating_sub(1.day());
        let now = self.clock.mono();
        let short = self.memory.lines_short.is_some_and(|since| now.since(since) < SHORT_FOR);
        let mut wanting = Vec::new();
        for id in ids {
            let Some(order) = gathered.heads.orders.get(id) else { continue };
            let known = self.memory.lines.get(id).filter(|known| {
                // JOOR's dates have no time of day: what was changed today or yesterday may have changed again.
                !fresh
                    && known.modified == order.modified
                    && (order.modified.is_some_and(|day| day < yesterday)
                        || short && now.since(known.read_at) < SHORT_FOR)
            });
            match known {
                Some(known) => drop(gathered.lines.insert(id.clone(), known.lines.clone())),
                None => wanting.push(id.clone()),
            }
        }
        if wanting.is_empty() {
            return Ok(());
        }
        for some in wanting.chunks(READ_AT_ONCE) {
            let read = self.read_together(gathered, some).await;
            if let Err(Stop::Joor(CallError::Throttled { .. })) = &read {
                self.memory.lines_short = Some(now);
            }
            read?;
        }
        // Rows that a batch left out are no reason to hold an order.
        let differing: Vec<&JoorOrderId> = match wanting.len() {
            1 => Vec::new(),
            _ => wanting.iter().filter(|id| !adds_up(gathered, id)).take(ALONE_MAX).collect(),
        };
        for id in differing {
            self.read_together(gathered, std::slice::from_ref(id)).await?;
        }
        Ok(())
    }

    async fn read_together(&mut self, gathered: &mut Gathered, ids: &[JoorOrderId]) -> Stage<()> {
        let mut read = self.wholesale.lines(ids).await.map_err(Stop::Joor)?;
        for id in ids.iter().cloned() {
            gathered.broken.remove(&id);
            match read.remove(&id) {
                Some(Err(broken)) => drop(gathered.broken.insert(id, broken)),
                Some(Ok(lines)) => {
                    self.remember_lines(&gathered.heads.orders[&id], &lines);
                    gathered.lines.insert(id, lines);
                }
                None => drop(gathered.lines.insert(id, Vec::new())),
            }
        }
        Ok(())
    }

    /// Remembers lines for the rest of the process.
    fn remember_lines(&mut self, order: &Order, lines: &[Line]) {
        let known = KnownLines {
            modified: order.modified,
            read_on: self.now().day(),
            read_at: self.clock.mono(),
            lines: lines.to_vec(),
        };
        self.memory.lines.insert(order.id.clone(), known);
    }
}

fn adds_up(gathered: &Gathered, id: &JoorOrderId) -> bool {
    let (Some(order), Some(lines)) = (gathered.heads.orders.get(id), gathered.lines.get(id)) else {
        return true;
    };
    lines::add_up(order, lines)
}
