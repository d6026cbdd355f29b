//! Doing a step once, although its answer may be lost and the process may die.
//!
//! Before a step is sent, what there is already is written down. When its answer is lost, or an
//! earlier process left it half done, the vendor is looked at before anything is sent again: what
//! was not there before is the step's own work.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use super::{ActionContext, PlannedCall, StepState};
use crate::{Error, ErrorKind, Result};

/// So often a step is sent whose sendings left no trace at the vendor.
const SENDINGS: u32 = 5;

/// The waits before the looks for a lost step: a vendor's search may lag behind its writes.
const LOOKS: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_secs(1),
    Duration::from_secs(3),
];

/// One write of an action.
#[async_trait]
pub trait Once: Send + Sync {
    /// Its name within the action, the same in every attempt.
    fn step(&self) -> &str;

    /// What is sent.
    fn call(&self) -> PlannedCall;

    /// What a dry run takes for the result.
    fn assumed(&self) -> Value {
        Value::Null
    }

    /// What there is before the step, as ids, so that its work can be told from it.
    async fn before(&self) -> Result<Value> {
        Ok(Value::Null)
    }

    /// Sends it once and gives the result, as ids.
    async fn send(&self) -> Result<Value>;

    /// Looks whether a sending whose answer is lost has arrived.
    async fn settle(&self, before: &Value) -> Result<Settled>;
}

/// What a look at the vendor says about a lost sending.
#[derive(Debug, Clone, PartialEq)]
pub enum Settled {
    /// It arrived; this is the result.
    Done(Value),
    /// It is not there, or not yet. After some more looks it is sent again.
    Missing,
    /// Sending it again changes nothing, whether or not it arrived.
    Harmless,
    /// The vendor does not show such things. It is not sent again.
    CannotTell,
}

impl ActionContext<'_> {
    /// Does a step, or gives the result of the attempt that did it.
    ///
    /// # Errors
    ///
    /// Those of the step; [`ErrorKind::OutcomeUnknown`] when it cannot be told whether it was done.
    pub async fn once(&self, write: &dyn Once) -> Result<Value> {
        if self.dry_run {
            self.journal.plan(write.call());
            return Ok(write.assumed());
        }
        let step = write.step();
        let before = match self.journal.recall(step).await? {
            Some(StepState::Confirmed { result }) => return Ok(result),
            Some(StepState::Sent { before }) => {
                if let Some(result) = self.look(write, &before).await? {
                    return Ok(result);
                }
                before
            }
            None => {
                let before = write.before().await?;
                self.journal.sending(step, &before).await?;
                before
            }
        };
        let mut lost = None;
        for _ in 0..SENDINGS {
            match write.send().await {
                Ok(result) => {
                    self.journal.confirmed(step, &result).await?;
                    return Ok(result);
                }
                Err(error) if *error.kind() == ErrorKind::OutcomeUnknown => {
                    if let Some(result) = self.look(write, &before).await? {
                        return Ok(result);
                    }
                    lost = Some(error);
                }
                Err(error) => {
                    self.journal.refused(step).await?;
                    return Err(error);
                }
            }
        }
        Err(lost.unwrap_or_else(|| unknown(step)))
    }

    /// Looks for a lost sending; `None` means that it may be sent again.
    async fn look(&self, write: &dyn Once, before: &Value) -> Result<Option<Value>> {
        for wait in LOOKS {
            if !wait.is_zero() {
                self.clock.sleep(wait).await;
            }
            match write.settle(before).await? {
                Settled::Done(result) => {
                    self.journal.confirmed(write.step(), &result).await?;
                    return Ok(Some(result));
                }
                Settled::CannotTell => return Err(unknown(write.step())),
                Settled::Harmless => return Ok(None),
                Settled::Missing => {}
            }
        }
        Ok(None)
    }
}

fn unknown(step: &str) -> Error {
    Error::new(
        ErrorKind::OutcomeUnknown,
        step,
        "it was sent, its answer was lost, and the vendor does not show whether it arrived; look \
         there before trying again",
    )
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeMap,
        sync::{Arc, Mutex},
        time::{Instant, SystemTime},
    };

    use futures_util::future::{BoxFuture, FutureExt};
    use serde_json::json;

    use super::*;
    use crate::{ActionContext, Bundle, Clock, Journal, Known, Mirror};

    #[derive(Debug)]
    struct NoWait;

    impl Clock for NoWait {
        fn now(&self) -> Instant {
            Instant::now()
        }

        fn wall(&self) -> SystemTime {
            SystemTime::UNIX_EPOCH
        }

        fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
            async {}.boxed()
        }
    }

    #[derive(Default)]
    struct Book {
        steps: Mutex<BTreeMap<String, StepState>>,
        planned: Mutex<Vec<PlannedCall>>,
    }

    #[async_trait]
    impl Journal for Book {
        async fn recall(&self, step: &str) -> Result<Option<StepState>> {
            Ok(self.steps.lock().unwrap().get(step).cloned())
        }

        async fn sending(&self, step: &str, before: &Value) -> Result<()> {
            let before = before.clone();
            let mut steps = self.steps.lock().unwrap();
            steps.insert(step.into(), StepState::Sent { before });
            Ok(())
        }

        async fn confirmed(&self, step: &str, result: &Value) -> Result<()> {
            let result = result.clone();
            let mut steps = self.steps.lock().unwrap();
            steps.insert(step.into(), StepState::Confirmed { result });
            Ok(())
        }

        async fn refused(&self, step: &str) -> Result<()> {
            self.steps.lock().unwrap().remove(step);
            Ok(())
        }

        async fn hold(&self, _: &str) -> Result<Box<dyn Send + Sync>> {
            Ok(Box::new(()))
        }

        fn plan(&self, call: PlannedCall) {
            self.planned.lock().unwrap().push(call);
        }
    }

    struct Nothing;

    #[async_trait]
    impl Known for Nothing {
        async fn bundle(&self, _: &'static str, _: &str) -> Result<Option<Arc<Bundle>>> {
            Ok(None)
        }

        async fn bundles(&self, _: &'static str) -> Result<Vec<Arc<Bundle>>> {
            Ok(Vec::new())
        }
    }

    #[async_trait]
    impl Mirror for Nothing {
        async fn group(&self, _: &'static str, _: &str) -> Result<Vec<Arc<Bundle>>> {
            Ok(Vec::new())
        }

        async fn candidates_with_email(&self, _: &str) -> Result<Vec<String>> {
            Ok(Vec::new())
        }
    }

    /// A vendor that keeps a list, and answers as its script says.
    #[derive(Default)]
    struct Vendor {
        list: Mutex<Vec<u64>>,
        script: Mutex<Vec<Sent>>,
        shows: bool,
    }

    #[derive(Clone, Copy, PartialEq)]
    enum Sent {
        Lost,
        NeverArrived,
        Refused,
    }

    #[async_trait]
    impl Once for Vendor {
        fn step(&self) -> &str {
            "note"
        }

        fn call(&self) -> PlannedCall {
            PlannedCall {
                endpoint: "note.create".into(),
                body: json!({}),
            }
        }

        async fn before(&self) -> Result<Value> {
            Ok(json!(*self.list.lock().unwrap()))
        }

        async fn send(&self) -> Result<Value> {
            let sent = self.script.lock().unwrap().pop();
            let mut list = self.list.lock().unwrap();
            let id = list.len() as u64;
            let failed = |kind| Err(Error::new(kind, "note.create", "failed"));
            match sent {
                Some(Sent::Refused) => failed(ErrorKind::InputRejected { field: None }),
                Some(Sent::NeverArrived) => failed(ErrorKind::OutcomeUnknown),
                Some(Sent::Lost) => {
                    list.push(id);
                    failed(ErrorKind::OutcomeUnknown)
                }
                None => {
                    list.push(id);
                    Ok(json!(id))
                }
            }
        }

        async fn settle(&self, before: &Value) -> Result<Settled> {
            if !self.shows {
                return Ok(Settled::CannotTell);
            }
            let before = before.as_array().unwrap();
            let list = self.list.lock().unwrap();
            let new = list.iter().find(|id| !before.contains(&json!(**id)));
            Ok(new.map_or(Settled::Missing, |id| Settled::Done(json!(id))))
        }
    }

    fn vendor(script: &[Sent], shows: bool) -> Vendor {
        Vendor {
            list: Mutex::new(vec![0]),
            script: Mutex::new(script.iter().rev().copied().collect()),
            shows,
        }
    }

    async fn run(book: &Book, vendor: &Vendor, dry_run: bool) -> Result<Value> {
        let context = ActionContext {
            dry_run,
            journal: book,
            mirror: &Nothing,
            default_source: None,
            clock: &NoWait,
        };
        context.once(vendor).await
    }

    fn block<T>(future: impl Future<Output = T>) -> T {
        future.now_or_never().unwrap()
    }

    #[test]
    fn a_lost_answer_is_settled_by_looking_and_nothing_is_sent_twice() {
        let book = Book::default();
        let vendor = vendor(&[Sent::Lost], true);
        assert_eq!(block(run(&book, &vendor, false)).unwrap(), json!(1));
        assert_eq!(block(run(&book, &vendor, false)).unwrap(), json!(1));
        assert_eq!(*vendor.list.lock().unwrap(), [0, 1]);
    }

    #[test]
    fn what_never_arrived_is_sent_again() {
        let book = Book::default();
        let vendor = vendor(&[Sent::NeverArrived, Sent::NeverArrived], true);
        assert_eq!(block(run(&book, &vendor, false)).unwrap(), json!(1));
        assert_eq!(*vendor.list.lock().unwrap(), [0, 1]);
    }

    #[test]
    fn a_process_that_died_after_sending_is_taken_up_by_looking() {
        let book = Book::default();
        let vendor = vendor(&[], true);
        block(book.sending("note", &json!([0]))).unwrap();
        vendor.list.lock().unwrap().push(7);
        assert_eq!(block(run(&book, &vendor, false)).unwrap(), json!(7));
        assert_eq!(*vendor.list.lock().unwrap(), [0, 7]);
    }

    #[test]
    fn what_cannot_be_looked_for_is_sent_at_most_once() {
        let book = Book::default();
        let vendor = vendor(&[Sent::Lost], false);
        for _ in 0..2 {
            let error = block(run(&book, &vendor, false)).unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::OutcomeUnknown);
        }
        assert_eq!(*vendor.list.lock().unwrap(), [0, 1]);
    }

    #[test]
    fn a_refusal_is_reported_and_the_next_attempt_sends_anew() {
        let book = Book::default();
        let vendor = vendor(&[Sent::Refused], true);
        assert!(block(run(&book, &vendor, false)).is_err());
        assert_eq!(block(run(&book, &vendor, false)).unwrap(), json!(1));
    }

    #[test]
    fn a_dry_run_plans_and_sends_nothing() {
        let book = Book::default();
        let vendor = vendor(&[], true);
        assert_eq!(block(run(&book, &vendor, true)).unwrap(), Value::Null);
        assert_eq!(*vendor.list.lock().unwrap(), [0]);
        assert_eq!(book.planned.lock().unwrap()[0].endpoint, "note.create");
        assert!(book.steps.lock().unwrap().is_empty());
    }
}
