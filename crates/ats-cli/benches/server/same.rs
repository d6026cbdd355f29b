//! The comparison: the same bytes, sent from memory by the same HTTP library with as many threads.

use std::{path::Path, process::Command};

use anyhow::{Context, Result};
use axum::{Router, http::header::CONTENT_TYPE, routing::get, serve::ListenerExt};
use bytes::Bytes;
use tokio::net::TcpListener;

use crate::process::Process;

/// Starts this program anew, to serve the bytes of a file.
pub(crate) fn start(file: &Path) -> Result<Process> {
    let mut command = Command::new(std::env::current_exe()?);
    Process::start(command.arg("--bench").arg("--serve-bytes").arg(file))
}

/// Serves until it is killed.
pub(crate) fn serve(file: &Path) -> Result<()> {
    let page = Bytes::from(std::fs::read(file)?);
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.enable_all().build()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!(r#"{{"address":"{}"}}"#, listener.local_addr()?);
        let listener = listener.tap_io(|stream| {
            // It only matters for the time of an answer.
            let _ = stream.set_nodelay(true);
        });
        let answer = move || async move { ([(CONTENT_TYPE, "application/json")], page) };
        let routes = Router::new().fallback(get(answer));
        axum::serve(listener, routes).await.context("the listener")
    })
}
