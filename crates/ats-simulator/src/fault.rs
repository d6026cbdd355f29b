//! The fault script: which requests go wrong, and how. Knows no vendor's envelope; where a fault
//! has to speak the vendor's language, the vendor's own module spells it.

use std::time::Duration;

/// A fault that waits for its request.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The endpoint that it hits, for example `candidate.list`; none hits every endpoint.
    pub endpoint: Option<String>,
    /// How many matching requests pass unharmed first.
    pub skip: u32,
    /// How many matching requests it hits after that.
    pub times: u32,
    /// What goes wrong.
    pub kind: FaultKind,
}

impl Fault {
    /// A fault that hits the next request to `endpoint`, once.
    pub fn once(endpoint: impl Into<String>, kind: FaultKind) -> Self {
        Self {
            endpoint: Some(endpoint.into()),
            skip: 0,
            times: 1,
            kind,
        }
    }
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// The answer comes later. Adds to any other fault of the same request.
    Delay(Duration),
    /// Another status with this body. Nothing was done, as if something in front of the vendor had
    /// answered.
    Status {
        /// The HTTP status.
        code: u16,
        /// The body, as it is.
        body: String,
        /// The `Content-Type` header.
        content_type: String,
    },
    /// 429, too many requests.
    TooMany {
        /// The `Retry-After` header: seconds, an HTTP date, or garbage.
        retry_after: Option<String>,
        /// The header that says whose limit was hit; none for the key's own limit.
        scope: Option<String>,
    },
    /// A refusal in the vendor's envelope.
    SuccessFalse {
        /// The vendor's error code.
        code: String,
        /// The HTTP status; the vendor uses 200 for logical errors.
        http: u16,
    },
    /// Status 200 with an HTML body, as an edge in front of the vendor sends. Nothing was done.
    Html,
    /// The headers announce the whole body, the connection closes in the middle of it.
    Truncated,
    /// The connection closes without an answer, and nothing was done.
    Reset,
    /// The body is broken JSON.
    Malformed,
    /// The envelope says success and carries no results.
    MissingResults,
    /// A list carries this row too, before its own; other answers stay as they are.
    BadRow(serde_json::Value),
    /// More data is announced, and the cursor to it is missing. Hits paged requests only.
    MoreWithoutCursor,
    /// The answer names the same cursor again and again. Hits paged requests only.
    RepeatCursor,
    /// A page without rows, with a cursor that goes on. Hits paged requests only.
    EmptyMiddlePage,
    /// The sync token is refused with this code. Hits requests that carry one.
    ExpireToken {
        /// The vendor's error code.
        code: String,
    },
    /// The cursor is refused with this code. Hits requests that carry one.
    ExpireCursor {
        /// The vendor's error code.
        code: String,
    },
    /// The request is carried out, and the connection closes without an answer.
    ApplyThenReset,
    /// The request is carried out, and another status with this body is sent.
    ApplyThenStatus {
        /// The HTTP status.
        code: u16,
        /// The body, as it is.
        body: String,
        /// The `Content-Type` header.
        content_type: String,
    },
    /// The key lacks the endpoint's permission.
    RevokedPermission,
}

/// What a fault has to know about a request to tell whether it hits it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Marks<'a> {
    pub(crate) endpoint: &'a str,
    pub(crate) paged: bool,
    pub(crate) cursor: bool,
    pub(crate) token: bool,
}

impl Fault {
    fn hits(&self, marks: &Marks<'_>) -> bool {
        let here = self
            .endpoint
            .as_deref()
            .is_none_or(|endpoint| endpoint == marks.endpoint);
        here && match self.kind {
            FaultKind::MoreWithoutCursor | FaultKind::RepeatCursor | FaultKind::EmptyMiddlePage => {
                marks.paged
            }
            FaultKind::ExpireToken { .. } => marks.token,
            FaultKind::ExpireCursor { .. } => marks.cursor,
            _ => true,
        }
    }
}

/// What the script does to one request.
#[derive(Debug, Default)]
pub(crate) struct Harm {
    pub(crate) delay: Duration,
    pub(crate) kind: Option<FaultKind>,
}

/// The faults that still wait, in the order they were injected.
#[derive(Debug, Default)]
pub(crate) struct Script {
    waiting: Vec<Fault>,
}

impl Script {
    pub(crate) fn push(&mut self, fault: Fault) {
        self.waiting.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
    }

    /// Takes what hits this request: every delay, and the first other fault.
    pub(crate) fn take(&mut self, marks: &Marks<'_>) -> Harm {
        let mut harm = Harm::default();
        for fault in &mut self.waiting {
            let spent = harm.kind.is_some() && !matches!(fault.kind, FaultKind::Delay(_));
            if spent || !fault.hits(marks) {
                continue;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
            } else if fault.times > 0 {
                fault.times -= 1;
                match &fault.kind {
                    FaultKind::Delay(time) => harm.delay += *time,
                    kind => harm.kind = Some(kind.clone()),
                }
            }
        }
        self.waiting.retain(|fault| fault.times > 0);
        harm
    }
}

/// A fault that waits for an event to be told.
#[derive(Clone, Debug)]
pub struct DeliveryFault {
    /// The event that it hits, for example `applicationUpdate`; none hits every event.
    pub action: Option<String>,
    /// How many matching deliveries pass unharmed first. Each webhook counts.
    pub skip: u32,
    /// How many matching deliveries it hits after that.
    pub times: u32,
    /// What goes wrong.
    pub kind: DeliveryFaultKind,
}

impl DeliveryFault {
    /// A fault that hits the next delivery of any event, once.
    pub fn once(kind: DeliveryFaultKind) -> Self {
        Self {
            action: None,
            skip: 0,
            times: 1,
            kind,
        }
    }
}

/// What goes wrong with a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeliveryFaultKind {
    /// It comes twice.
    Duplicate,
    /// It comes after a later one, or when somebody waits for the queue to be empty.
    OutOfOrder,
    /// It never comes.
    Lost,
    /// One byte of the body is another one than was signed.
    Tampered,
    /// It is signed with another secret.
    WrongSecret,
    /// It is not signed.
    Unsigned,
    /// An event comes in its place that nobody knows.
    UnknownEvent,
    /// The data carries so many bytes more.
    Huge(usize),
}

/// The delivery faults that still wait, in the order they were injected.
#[derive(Debug, Default)]
pub(crate) struct DeliveryScript {
    waiting: Vec<DeliveryFault>,
}

impl DeliveryScript {
    pub(crate) fn push(&mut self, fault: DeliveryFault) {
        self.waiting.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
    }

    /// Takes the first fault that hits this delivery.
    pub(crate) fn take(&mut self, action: &str) -> Option<DeliveryFaultKind> {
        let mut taken = None;
        for fault in &mut self.waiting {
            let here = fault
                .action
                .as_deref()
                .is_none_or(|wanted| wanted == action);
            if !here || taken.is_some() {
                continue;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
            } else if fault.times > 0 {
                fault.times -= 1;
                taken = Some(fault.kind);
            }
        }
        self.waiting.retain(|fault| fault.times > 0);
        taken
    }
}
