//! Asking for many ids in batches whose size is learned: what JOOR takes at once is not documented. Nothing is sent
//! here; the caller asks for the next piece and says how it went.

use domain::time::Mono;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// So many pieces in a row without an answer: nobody is there.
const SILENT_MAX: usize = 7;
/// Or this long without one.
const SILENCE_MAX: Duration = Duration::from_secs(100);

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
    /// Some piece had an answer.
    answered: bool,
    /// Pieces since the last answer that got none, and when the first of them was asked for.
    silent: Option<(usize, Mono)>,
}

/// What a piece without an answer means.
#[derive(Debug, PartialEq, Eq)]
pub enum Silent<'a, T> {
    /// Nothing yet: others are asked for first, then this one in halves.
    Later,
    /// Alone it gets no answer; unless the last piece means `Away`, others do.
    Alone(&'a T),
    /// Nobody answers.
    Away,
}

impl<'a, T> Work<'a, T> {
    pub fn new(ids: &'a [T], size: &'a BatchSize) -> Work<'a, T> {
        let left = if ids.is_empty() { Vec::new() } else { vec![ids] };
        Work { size, left, refused: 0, taken: 0, largest: 0, answered: false, silent: None }
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
        (self.answered, self.silent) = (true, None);
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
        (self.answered, self.silent) = (true, None);
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

    /// No answer, or none that can be read, to a piece that was asked for at `asked`. One id may be the reason, and then it
    /// keeps none of the others back.
    pub fn silent(&mut self, piece: &'a [T], asked: Mono, now: Mono) -> Silent<'a, T> {
        let (before, since) = self.silent.unwrap_or((0, asked));
        self.silent = Some((before + 1, since));
        if before + 1 >= SILENT_MAX || now.since(since) >= SILENCE_MAX {
            return Silent::Away;
        }
        match piece {
            [_] if self.left.is_empty() && !self.answered => Silent::Away,
            [alone] => Silent::Alone(alone),
            _ => {
                // So many were never answered for: it may be too many. A moment's silence is no reason to ask for fewer.
                if self.size.largest_taken() < piece.len() {
                    (self.taken, self.largest, self.refused) = (0, 0, piece.len());
                }
                let (first, second) = piece.split_at(piece.len().div_ceil(2));
                // Behind all others, which may show that somebody is there.
                self.left.splice(0..0, [second, first]);
                Silent::Later
            }
        }
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

    /// The same against a server that says nothing to more than `limit` ids, or if one of `dead` is among them.
    fn silent(count: u32, size: &BatchSize, limit: usize, dead: &[u32]) -> Result<(usize, Vec<u32>), usize> {
        let ids: Vec<u32> = (0..count).collect();
        let (mut requests, mut alone) = (0, Vec::new());
        let now = |requests: usize| Mono(Duration::from_secs(5 * requests as u64));
        let mut work = Work::new(&ids, size);
        while let Some(piece) = work.next() {
            requests += 1;
            if piece.len() <= limit && !piece.iter().any(|id| dead.contains(id)) {
                work.taken(piece);
                continue;
            }
            match work.silent(piece, now(requests - 1), now(requests)) {
                Silent::Later => {}
                Silent::Alone(id) => alone.push(*id),
                Silent::Away => return Err(requests),
            }
        }
        alone.sort_unstable();
        Ok((requests, alone))
    }

    #[test]
    fn an_id_that_gets_no_answer_is_found_among_those_that_do() {
        for dead in 0..100 {
            let (requests, alone) = silent(100, &BatchSize::new(50), 50, &[dead]).unwrap();
            assert_eq!(alone, vec![dead]);
            assert!(requests <= 15, "{requests} for {dead}");
        }
        assert_eq!(
            silent(60, &BatchSize::new(50), 50, &[3, 30, 58]).map(|(_, dead)| dead),
            Ok(vec![3, 30, 58])
        );
        assert_eq!(silent(2, &BatchSize::new(50), 50, &[1]), Ok((3, vec![1])));
    }

    #[test]
    fn where_nobody_answers_that_is_said_soon() {
        let all: Vec<u32> = (0..100).collect();
        for count in 1..=100 {
            let requests = silent(count, &BatchSize::new(50), 50, &all).unwrap_err();
            assert!(requests <= SILENT_MAX, "{requests} for {count}");
        }
        let (size, ids) = (BatchSize::new(50), [1, 2, 3, 4]);
        let mut work = Work::new(&ids, &size);
        let piece = work.next().unwrap();
        let late = Mono(SILENCE_MAX);
        assert_eq!(work.silent(piece, Mono(Duration::ZERO), late), Silent::Away, "each answer took its time");
    }

    #[test]
    fn a_size_that_was_never_answered_is_learned_and_a_moment_of_silence_is_not() {
        let size = BatchSize::new(50);
        assert_eq!(silent(50, &size, 30, &[]), Ok((3, vec![])));
        assert_eq!((size.get(), silent(50, &size, 30, &[])), (25, Ok((2, vec![]))));
        let size = BatchSize::new(50);
        let ids: Vec<u32> = (0..50).collect();
        work(50, &size, 50, &[]);
        let mut once = Work::new(&ids, &size);
        let piece = once.next().unwrap();
        assert_eq!(once.silent(piece, Mono(Duration::ZERO), Mono(Duration::ZERO)), Silent::Later);
        while let Some(piece) = once.next() {
            once.taken(piece);
        }
        assert_eq!(size.get(), 50);
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
