//! Work on threads that may wait, tied to whoever waits for it.
//!
//! It owns what becomes of such work once nobody wants it any more: what has not begun never does,
//! and what has begun comes to its end, since a thread cannot be stopped in the middle.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use tokio::task::{JoinError, JoinHandle};

/// Work on a thread that may wait.
#[derive(Debug)]
pub(crate) struct Work<T>(JoinHandle<T>);

/// Begins `work` as soon as a thread is free.
pub(crate) fn begin<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Work<T> {
    Work(tokio::task::spawn_blocking(work))
}

impl<T> Future for Work<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

impl<T> Drop for Work<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
