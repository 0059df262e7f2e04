//! What the probe found out, as findings: each fact as measured, with what guards exports where it is not as assumed, and
//! which facts nobody measured. Pure.

use super::{ConnectionInputs, Findings};
use crate::probe::facts::{Fact, Verdict, quiet_time, recorded};
use domain::settings::Settings;

pub(super) fn findings(findings: &mut Findings, settings: &Settings, inputs: &ConnectionInputs) {
    let mut unknown = Vec::new();
    for fact in Fact::ALL {
        let what = format!("measured: {}", fact.title());
        match recorded(&inputs.measured, fact) {
            None | Some((Verdict::Unclear, _)) => unknown.push(fact.title()),
            Some((verdict, record)) => {
                let why = format!("{} ({})", record.detail, record.at.day());
                if record.api_version != inputs.asked_version {
                    let why = format!("{why}; that was version {} of Shopify's API", record.api_version);
                    findings.warn(&what, why, format!("joor-shopify connection probe {}", inputs.name));
                } else if verdict == Verdict::AsAssumed {
                    findings.ok(&what, why);
                } else {
                    findings.warn(&what, format!("not as assumed: {why}"), fact.guard());
                }
            }
        }
    }
    let set = settings.schedule.quiet_time;
    let needed = quiet_time(set, &inputs.measured, inputs.trial);
    if needed > set {
        let why = format!(
            "schedule.quiet_time is {} seconds, too short for how late this shop shows orders or for a shop that nobody \
             measured; {} are in force",
            set.as_secs(),
            needed.as_secs_f64()
        );
        let secs = needed.as_secs_f64().ceil();
        findings.warn("quiet time", why, format!("set schedule.quiet_time = \"{secs}s\" or more"));
    }
    if !unknown.is_empty() {
        let why = format!(
            "not measured: {}; exports take the careful way there (`joor-shopify connection probe {}` measures them)",
            unknown.join(", "),
            inputs.name
        );
        findings.ok("probe", why);
    }
}
