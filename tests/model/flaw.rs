//! What can be wrong with the protocol. A model whose flaws are not found checks nothing.

/// One thing that is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Submit sends the messages before it stores the job.
    MessagesBeforeJob,
    /// A mapper acknowledges its message before it stores the record.
    AckBeforeRecord,
    /// A record is stored, and counted, even if the piece has one.
    RecordsTwice,
    /// A mapper that finds a record does not look whether the root counts it.
    LeavesLeafUncounted,
    /// A retry does not count the leaves that are complete.
    RetryCountsNothing,
    /// The answer is made as soon as all records are there, whatever the root counts.
    AnswersBeforeCount,
    /// A job is cancelled, even if it is complete.
    CancelsTheCompleted,
    /// The function behind the dead-letter queue drops its letters.
    DropsDeadLetters,
    /// A mapper acknowledges a failure that is retryable.
    AcksRetryable,
    /// A failure is not stored because the piece has its record meanwhile, and the message is
    /// acknowledged, although nobody has counted the record.
    FailureHidesRecord,
    /// The record is stored before the object that it names.
    RecordBeforeObject,
    /// An object has its name from the number of the delivery, which starts again with every
    /// message. A later writer of that name replaces it.
    NamedByDelivery,
    /// A reducer reads the objects that it finds, not those that records name.
    ReadsLosers,
    /// The messages of the reducers are sent after that of the mapper was acknowledged.
    ReducersAfterAck,
    /// A mapper that finds the record of its chunk acknowledges its message, even if nobody has sent
    /// the messages of the reducers.
    RecordedIsDone,
    /// The function behind the dead-letter queue does not send the messages of the reducers.
    LettersSendNothing,
    /// A retry sends messages for chunks only.
    RetriesChunksOnly,
    /// The manifest is written before the record of the last part.
    ManifestBeforeLastPart,
    /// A job with a second stage counts as completed as soon as the first is.
    CompletedByFirstStage,
}
