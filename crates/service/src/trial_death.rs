//! The death of a trial: the process ends at a write of the ledger that an environment variable names, as by `kill -9`, so
//! that a real program can be stopped between an answer and its record, and between two records. Another variable ends
//! only the turn that writes, as a fault of this program would.

use adapters::ledger::Gate;
use adapters::settings::{SettingError, Trial};
use futures::future::BoxFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Before which write of the ledger the process of a trial ends, counted from 1.
pub const VARIABLE: &str = "JOOR_SHOPIFY_TRIAL_DIES_AT_WRITE";
/// The same, but what writes panics and the process goes on.
const PANICS: &str = "JOOR_SHOPIFY_TRIAL_PANICS_AT_WRITE";

/// Counts the writes that are left.
#[derive(Debug)]
pub struct Death {
    left: AtomicU64,
    of: Victim,
}

#[derive(Clone, Copy, Debug)]
enum Victim {
    Process,
    Turn,
}

impl Gate for Death {
    fn open<'a, 'b>(&'a self) -> BoxFuture<'b, ()>
    where
        'a: 'b,
        Self: 'b,
    {
        if self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            match self.of {
                // No destructor and no last words.
                Victim::Process => std::process::abort(),
                Victim::Turn => std::panic::panic_any("the trial asked for it"),
            }
        }
        Box::pin(async {})
    }
}

/// Of this run, if it is to die. Outside of a trial nothing may ask for that.
pub fn death(environment: &[(String, String)], trial: Trial) -> Result<Option<Arc<Death>>, SettingError> {
    let asked = environment.iter().find_map(|(name, text)| match name.as_str() {
        VARIABLE => Some((VARIABLE, Victim::Process, text)),
        PANICS => Some((PANICS, Victim::Turn, text)),
        _ => None,
    });
    let Some((name, of, text)) = asked else { return Ok(None) };
    let refused = |allowed: &str| SettingError {
        file: "environment".to_owned(),
        key: name.to_owned(),
        value: text.chars().filter(|c| !c.is_control()).take(80).collect(),
        allowed: allowed.to_owned(),
    };
    match (trial, text.parse::<u64>()) {
        (Trial::Off, _) => Err(refused("only in a trial: with --trial, or not set at all")),
        (Trial::On, Ok(left @ 1..)) => Ok(Some(Arc::new(Death { left: AtomicU64::new(left), of }))),
        (Trial::On, Ok(0) | Err(_)) => Err(refused("a whole number from 1")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_trial_dies_and_only_at_a_numbered_write() {
        for variable in [VARIABLE, PANICS] {
            let asked = |text: &str, trial| death(&[(variable.to_owned(), text.to_owned())], trial);
            assert!(asked("3", Trial::On).unwrap().is_some());
            for (text, trial) in [("3", Trial::Off), ("0", Trial::On), ("-1", Trial::On), ("soon", Trial::On)]
            {
                let refused = asked(text, trial).expect_err(text).to_string();
                assert!(refused.contains(variable) && refused.contains(text), "{refused}");
            }
        }
        assert!(death(&[], Trial::Off).unwrap().is_none());
    }
}
