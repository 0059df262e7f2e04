//! Everything that can happen next.

/// A process, by its place.
pub type Who = usize;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Process(Who, Step),
    /// What Shopify does with a request that is on its way, by its place.
    Shop(usize, Shopify),
    Person(Wish),
    Time(Passing),
}

/// One step of a process, up to the next moment in which it may be stopped, paused or overtaken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Start,
    /// The process dies; what it knew is lost.
    Crash,
    /// Reads the order in JOOR, in a list that may be behind or by its id.
    Discover(Reading),
    /// Looks for one export that is in flight.
    Look(Sees),
    /// Judges the look and records what it proves.
    Judge(Search),
    /// Reads and decides again, looks first; what may leave is ready to be written down.
    Decide(Search),
    WriteDown,
    /// The request leaves, unless its deadline is over.
    Leave,
    /// No clear answer: the deadline is over, or the connection broke before.
    GiveUp,
    /// Records the answer.
    Record,
    /// Holds an export whose request was refused and is surely not there.
    HoldRefused,
    /// Compares what JOOR should hold with what it holds.
    Report,
    WriteReport(Reply),
    ReadBack,
    /// Applies what a person asked this program for.
    Obey(Command),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    Now,
    /// A list that still shows the result from before the last change.
    Behind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sees {
    WhatIsThere,
    /// The answer proves nothing.
    Nothing,
}

/// What the search by source identifier says, where it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    WhatIsThere,
    /// It has not heard of an order that is there.
    Behind,
    /// Its answer cannot be trusted.
    Broken,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    Arrives,
    /// Executed, but the answer is lost.
    IsLost,
    /// The request itself is lost.
    NeverWas,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    NotThere,
    /// That Shopify order is the export.
    Link,
    Close,
    GiveUp,
    AskAgain,
    LeaveIt,
    Retry,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shopify {
    Execute(Reply),
    Throttle,
    /// For a reason of its own, such as stock.
    Refuse,
}

/// What people do in JOOR and Shopify, and to the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    SetToReexport,
    Unapprove,
    Approve,
    /// Cancels the Shopify order with this number.
    Cancel(usize),
    /// Puts back a backup of the ledger from before the order.
    RestoreBackup,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passing {
    Tick,
    /// The wall clock jumps ahead by a tick in which nothing else happens.
    Jump,
}
