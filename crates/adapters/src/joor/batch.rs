//! Asking for many ids in batches whose size is learned: what JOOR takes at once is not documented. Nothing is sent
//! here; the caller asks for the next piece and says how it went.

use std::sync::atomic::{AtomicUsize, Ordering};

/// How many ids a kind of request takes, as far as is known. Lives as long as the client.
#[derive(Debug)]
pub struct BatchSize {
    next: AtomicUsize,
    largest_taken: AtomicUsize,
}

impl BatchSize {
    pub fn new(first: usize) -> BatchSize {
        BatchSize { next: AtomicUsize::new(first.max(1)), largest_taken: AtomicUsize::new(0) }
    }

    pub fn get(&self) -> usize {
        self.next.load(Ordering::Relaxed)
    }

    /// The most ids that one request really took so far.
    pub fn largest_taken(&self) -> usize {
        self.largest_taken.load(Ordering::Relaxed)
    }

    fn learn(&self, size: usize) {
        self.next.fetch_min(size.max(1), Ordering::Relaxed);
    }
}

/// Whether a refusal says by itself that there were too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// HTTP 413, 414 or 431, or an answer over the limit.
    TooMany,
    /// It may as well be one id that JOOR does not like.
    Unclear,
}

/// The ids still to be asked for.
#[derive(Debug)]
pub struct Work<'a, T> {
    size: &'a BatchSize,
    left: Vec<&'a [T]>,
    /// The piece refused last for an unclear reason, and how much of it has been taken in smaller pieces since.
    refused: usize,
    taken: usize,
    largest: usize,
}

impl<'a, T> Work<'a, T> {
    pub fn new(ids: &'a [T], size: &'a BatchSize) -> Work<'a, T> {
        let left = if ids.is_empty() { Vec::new() } else { vec![ids] };
        Work { size, left, refused: 0, taken: 0, largest: 0 }
    }

    /// The ids to ask for next.
    pub fn next(&mut self) -> Option<&'a [T]> {
        let piece = self.left.pop()?;
        let Some((now, later)) = piece.split_at_checked(self.size.get()) else { return Some(piece) };
        if !later.is_empty() {
            self.left.push(later);
        }
        Some(now)
    }

    pub fn taken(&mut self, piece: &[T]) {
        self.taken += piece.len();
        self.size.largest_taken.fetch_max(piece.len(), Ordering::Relaxed);
        self.largest = self.largest.max(piece.len());
        // All of a refused piece was taken in smaller ones: its size was the reason.
        if self.refused > 1 && self.taken >= self.refused {
            self.size.learn(self.largest);
            self.refused = 0;
        }
    }

    /// Asks again in halves. For a single id that is no help: it is given back, refused for good.
    pub fn refused(&mut self, piece: &'a [T], because: Because) -> Option<&'a T> {
        (self.taken, self.largest, self.refused) = (0, 0, 0);
        let (first, second) = piece.split_at(piece.len().div_ceil(2));
        if second.is_empty() {
            return first.first();
        }
        match because {
            Because::TooMany => self.size.learn(first.len()),
            Because::Unclear => self.refused = piece.len(),
        }
        self.left.push(second);
        self.left.push(first);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Works through 0..count against a server with a limit and ids that it refuses; returns requests and refused ids.
    fn work(count: u32, size: &BatchSize, limit: usize, bad: &[u32]) -> (usize, Vec<u32>) {
        let ids: Vec<u32> = (0..count).collect();
        let (mut requests, mut refused, mut taken) = (0, Vec::new(), Vec::new());
        let mut work = Work::new(&ids, size);
        while let Some(piece) = work.next() {
            requests += 1;
            if piece.len() > limit || piece.iter().any(|id| bad.contains(id)) {
                refused.extend(work.refused(piece, Because::Unclear).copied());
            } else {
                taken.extend_from_slice(piece);
                work.taken(piece);
            }
        }
        taken.extend_from_slice(&refused);
        taken.sort_unstable();
        assert_eq!(taken, ids, "every id is asked for and ends in exactly one place");
        (requests, refused)
    }

    #[test]
    fn a_limit_is_learned_once() {
        let size = BatchSize::new(50);
        assert_eq!(work(200, &size, 30, &[]), (9, vec![]), "50 refused, 25 + 25, then 6 more");
        assert_eq!((size.get(), work(50, &size, 30, &[])), (25, (2, vec![])));
    }

    #[test]
    fn one_bad_id_is_found_and_does_not_shrink_the_batches() {
        for bad in 0..100 {
            let size = BatchSize::new(50);
            let (requests, refused) = work(100, &size, 50, &[bad]);
            assert_eq!((refused, size.get()), (vec![bad], 50), "bad id {bad}");
            assert!(requests <= 15, "{requests}");
        }
    }

    #[test]
    fn several_bad_ids_and_a_limit_still_end() {
        let size = BatchSize::new(50);
        assert_eq!(work(120, &size, 7, &[3, 4, 77]).1, vec![3, 4, 77]);
        assert_eq!(work(0, &size, 7, &[]), (0, vec![]));
    }

    #[test]
    fn a_clear_refusal_is_learned_at_once() {
        let size = BatchSize::new(50);
        let ids: Vec<u32> = (0..60).collect();
        let mut work = Work::new(&ids, &size);
        let piece = work.next().unwrap();
        assert_eq!(work.refused(piece, Because::TooMany), None);
        assert_eq!((size.get(), work.next().map(<[u32]>::len)), (25, Some(25)));
    }
}
