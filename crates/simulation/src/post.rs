//! The mail server, without its conversation: takes letters, or is away, or takes one and does not get to say so.

use crate::clock::SimClock;
use crate::life::Life;
use crate::outside::Mutation;
use adapters::ports::{Letter, Post, PostError};
use async_trait::async_trait;
use jiff::Timestamp;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What goes wrong with one mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailTrouble {
    Away,
    /// Taken, but the answer is lost.
    TakenUnsaid,
}

#[derive(Clone, Debug)]
pub struct Arrived {
    pub at: Timestamp,
    pub letter: Letter,
}

#[derive(Debug)]
pub struct Letterbox {
    clock: SimClock,
    life: Arc<Life>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    arrived: Vec<Arrived>,
    troubles: VecDeque<MailTrouble>,
    met: BTreeMap<String, u64>,
    mutation: Option<Mutation>,
}

impl Letterbox {
    pub fn new(clock: SimClock, life: Arc<Life>) -> Letterbox {
        Letterbox { clock, life, state: Mutex::default() }
    }

    /// The next mails meet these troubles, one each.
    pub fn trouble(&self, trouble: MailTrouble, times: usize) {
        self.lock().troubles.extend(std::iter::repeat_n(trouble, times));
    }

    /// Nothing more goes wrong.
    pub fn clear(&self) {
        self.lock().troubles.clear();
    }

    /// Breaks the program on purpose.
    pub fn mutate(&self, mutation: Option<Mutation>) {
        self.lock().mutation = mutation;
    }

    pub fn arrived(&self) -> Vec<Arrived> {
        self.lock().arrived.clone()
    }

    pub fn troubles_met(&self) -> u64 {
        self.lock().met.values().sum()
    }

    pub fn troubles_by_kind(&self) -> BTreeMap<String, u64> {
        self.lock().met.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Post for Letterbox {
    async fn send(&self, letter: &Letter) -> Result<(), PostError> {
        self.life.touch(|| "before mail".to_owned()).await;
        let trouble = {
            let mut state = self.lock();
            let trouble = state.troubles.pop_front();
            if let Some(trouble) = trouble {
                *state.met.entry(format!("{trouble:?}")).or_default() += 1;
            }
            let lost = state.mutation == Some(Mutation::MailsAreLost);
            if trouble != Some(MailTrouble::Away) && !lost {
                let at = self.clock.true_now();
                state.arrived.push(Arrived { at, letter: letter.clone() });
                if state.mutation == Some(Mutation::MailsAreRepeated) {
                    let again = Letter { id: format!("{}-again", letter.id), ..letter.clone() };
                    state.arrived.push(Arrived { at, letter: again });
                }
            }
            trouble
        };
        self.life.touch(|| "after mail".to_owned()).await;
        match trouble {
            None => Ok(()),
            Some(MailTrouble::Away) => Err(PostError::Later("nobody is there".to_owned())),
            Some(MailTrouble::TakenUnsaid) => Err(PostError::Later("the answer did not come".to_owned())),
        }
    }
}
