//! Rules broken on purpose, one at a time, at the edge between the product's machine and the world: a search that does not
//! notice is worth nothing.

/// An enum with the list of all that it has.
macro_rules! mutations {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Mutation {
            $($(#[$doc])* $name,)*
        }

        impl Mutation {
            pub const ALL: &[Mutation] = &[$(Mutation::$name,)*];
        }
    };
}

mutations! {
    /// One empty look counts as absence.
    CreateAfterOneEmptyLook,
    /// Quiet time counts as over at once.
    ForgetQuietTime,
    /// The quiet time of a request that another process wrote down counts from the moment in which it is met, although that
    /// request may still leave.
    QuietTimeFromTheMeeting,
    /// Quiet time is measured on the wall clock, so that it survives restarts and jumps with it.
    QuietTimeByWallClock,
    /// The quiet time of an earlier request of the same export counts for the next one.
    QuietTimeOfAnEarlierRequest,
    /// Whether quiet time is over is asked when a look is judged, not when it was taken.
    QuietTimeAskedAfterTheLook,
    /// Nothing is searched by source identifier.
    SkipTheSearch,
    /// A look that proves nothing counts as empty.
    BlindLookCounts,
    /// No answer is taken for a refusal.
    TreatUnclearAsRefused,
    /// No answer is taken for "not executed".
    TreatUnclearAsNotExecuted,
    /// A refusal is believed without the look that is owed.
    BelieveRefusals,
    /// A create leaves without a look before it.
    SkipLookFirst,
    /// The look before a create sees no later generations.
    OverlookLaterGenerations,
    /// A request leaves although its deadline is over.
    LeaveAfterTheDeadline,
    /// The ledger takes writes of an epoch that is over.
    IgnoreEpoch,
    /// A cancelled order that is found counts as the export.
    CancelledFoundCountsAsExport,
    /// An order that is found is not recorded.
    AdoptDoesNotRecord,
    /// Approved again means set to re-export.
    ReapprovalIsReexport,
    /// A report that JOOR is seen to hold stays due, since its answer was lost.
    RepeatWhatArrived,
    /// A SUCCESS in any words counts as our own report of this generation.
    AnySuccessIsOurs,
    /// A SUCCESS that a person wants written anew still counts as seen.
    AnsweredIsStillReported,
    /// What a list shows is never read again by the order's id.
    BelieveLists,
    /// One read is enough to see a re-export.
    OneReadIsReexport,
    /// The next generation leaves although the earlier order stands.
    ReexportWithoutCancelled,
    /// A person who says "not there" is believed at once.
    BelieveNotThereAtOnce,
    /// An export is held without a reason.
    HoldWithoutReason,
    /// An approved order is seen, and no row is opened for it.
    SeeWithoutOpening,
    /// The parts that are exported are reported as if they were all.
    ReportBeforeAllParts,
    /// The empty look before a create is recorded, which the machine does not take.
    RecordWhatLetsLeave,
}
