//! One transaction that changes records: its statements and its books.

use rusqlite::Transaction;

use super::{Models, ledger::Ledger, statements::Statements};
use crate::Result;

pub(super) struct Writer<'a> {
    pub(super) tx: &'a Transaction<'a>,
    pub(super) models: &'a Models,
    pub(super) statements: Statements<'a>,
    pub(super) ledger: Ledger,
    /// Whether the last bundle was new: then the next one may well be.
    pub(super) expects_new: bool,
}

impl<'a> Writer<'a> {
    pub(super) fn new(tx: &'a Transaction<'a>, models: &'a Models) -> Result<Self> {
        Ok(Self {
            tx,
            models,
            statements: Statements::new(tx)?,
            ledger: Ledger::default(),
            expects_new: false,
        })
    }

    /// Sets the tombstones that are due, and writes what the books hold.
    pub(super) fn close(self) -> Result<()> {
        self.ledger.close(self.tx, self.models)
    }
}
