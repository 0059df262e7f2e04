//! The clock of a trial: set ahead by an environment variable, so that days pass between two runs of the program. Only
//! the wall clock is moved; what is timed within one process is not.

use adapters::clock::SystemClock;
use adapters::settings::{SettingError, Trial, parse_duration};
use std::time::Duration;

/// How far the clock of a trial is ahead, such as `25h`.
pub const VARIABLE: &str = "JOOR_SHOPIFY_TRIAL_CLOCK_AHEAD";
/// Longer than any rule of this program looks back.
const AHEAD_MAX: Duration = Duration::from_secs(1_000 * 24 * 3600);

/// The clock of this run. Outside of a trial nothing may move it.
pub fn clock(environment: &[(String, String)], trial: Trial) -> Result<SystemClock, SettingError> {
    let Some((_, text)) = environment.iter().find(|(name, _)| name == VARIABLE) else {
        return Ok(SystemClock::start());
    };
    let refused = |allowed: &str| SettingError {
        file: "environment".to_owned(),
        key: VARIABLE.to_owned(),
        value: text.chars().filter(|c| !c.is_control()).take(80).collect(),
        allowed: allowed.to_owned(),
    };
    match (trial, parse_duration(text)) {
        (Trial::Off, _) => Err(refused("only in a trial: with --trial, or not set at all")),
        (Trial::On, Ok(span)) if span <= AHEAD_MAX => Ok(SystemClock::set_ahead(span)),
        (Trial::On, Ok(_)) => Err(refused("at most 24000h")),
        (Trial::On, Err(allowed)) => Err(refused(&allowed)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ahead(text: &str, trial: Trial) -> Result<Duration, String> {
        let environment = [("HOME".to_owned(), "/".to_owned()), (VARIABLE.to_owned(), text.to_owned())];
        clock(&environment, trial).map(|clock| clock.is_ahead()).map_err(|error| error.to_string())
    }

    #[test]
    fn only_a_trial_sets_its_clock_ahead_and_only_by_a_time() {
        assert_eq!(ahead("25h", Trial::On), Ok(Duration::from_secs(25 * 3600)));
        for (text, trial) in
            [("25h", Trial::Off), ("soon", Trial::On), ("-1h", Trial::On), ("99999h", Trial::On)]
        {
            let refused = ahead(text, trial).expect_err(text);
            assert!(refused.contains(VARIABLE) && refused.contains(text), "{refused}");
        }
        assert_eq!(clock(&[], Trial::Off).map(|clock| clock.is_ahead()).ok(), Some(Duration::ZERO));
    }
}
