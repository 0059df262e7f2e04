//! What can go wrong with a call, and the names of its kinds.

use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    Joor,
    Shopify,
}

/// What goes wrong with one call on its way, or at the far end of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No connection, so nothing was written.
    NotSent,
    /// The connection broke before the call was executed; the caller cannot know.
    Unheard,
    /// Executed, and the answer is lost.
    ReplyLost,
    /// The caller gives up; the call is executed so much later.
    Late(Duration),
    /// Executed; the answer breaks off.
    Cut,
    /// Executed; the answer is no JSON.
    Garbage,
    /// Executed; the answer says otherwise.
    DeniedAfterwards(u16),
    /// Executed; the answer is JSON of another shape, or says that something broke.
    OtherBody(&'static str),
    /// Not executed; this status with a web page.
    Page(u16),
    /// Executed after a while; a caller with less patience has given up by then.
    Slow(Duration),
    /// Executed; the answer is larger than anybody takes.
    TooLarge,
    /// Not executed; the service's own "too many".
    Throttled,
    /// The same, as GraphQL says it: in the body of a good answer.
    ThrottledInBody,
    /// Not executed; this status with the service's own JSON.
    RefusedInJson(u16),
    /// A create, not executed: no order, and a reason.
    OrderRefused,
    /// Executed; the answer comes a byte at a time with this pause before each.
    Drip(Duration),
    /// Delivered and executed twice; the second answer arrives. A create only where it is named: no rule keeps one single
    /// that a network doubles, unless the shop refuses doubles.
    Twice,
    /// Not executed; the credentials are refused.
    Unauthorized,
}

/// The name of a kind of trouble at a side.
pub fn at(side: Side, kind: &str) -> String {
    match side {
        Side::Shopify => kind.to_owned(),
        Side::Joor => format!("{kind} at JOOR"),
    }
}

/// The name of a kind of trouble.
pub fn kind(trouble: &Trouble) -> String {
    let word = format!("{trouble:?}");
    word.split('(').next().unwrap_or_default().to_owned()
}
