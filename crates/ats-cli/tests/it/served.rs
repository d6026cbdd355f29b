//! `ats serve` as a process that a test talks to.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::Child,
};

use axum::Router;
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;

use crate::support::{Bench, end_of, interrupt};

/// Somebody whom a server calls: serves these routes until the test ends.
pub(crate) fn listen(routes: Router) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, routes).await
        })
    });
    address
}

/// A server that has said where it listens.
pub(crate) struct Served {
    pub(crate) child: Child,
    pub(crate) address: String,
}

impl Served {
    /// Starts it there, with receivers and vendors on this machine.
    pub(crate) fn start(bench: &Bench, bind: &str) -> Self {
        let serve = ["serve", "--bind", bind, "--no-schedule"];
        Self::of(bench.start(&[&serve[..], &["--allow-private-network"]].concat()))
    }

    /// A server that is about to say where it listens.
    pub(crate) fn of(mut child: Child) -> Self {
        let stdout = child.stdout.take().unwrap();
        let mut lines = BufReader::new(stdout).lines();
        let first = lines.next().unwrap().unwrap();
        let address = first
            .strip_prefix("listening on http://")
            .unwrap()
            .to_owned();
        // Somebody has to read the rest, or the server could not write it.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    /// Asks it for something.
    pub(crate) fn get(&self, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let stream = tokio::net::TcpStream::connect(&self.address).await.unwrap();
            let (mut sender, connection) =
                hyper::client::conn::http1::handshake(TokioIo::new(stream))
                    .await
                    .unwrap();
            tokio::spawn(connection);
            let mut request = hyper::Request::get(path).header("host", &self.address);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let request = request.body(Empty::<Bytes>::new()).unwrap();
            let answer = sender.send_request(request).await.unwrap();
            let status = answer.status().as_u16();
            let body = answer.into_body().collect().await.unwrap().to_bytes();
            (status, String::from_utf8(body.to_vec()).unwrap())
        })
    }

    /// Ends it, which must go well.
    #[track_caller]
    pub(crate) fn end(self) {
        interrupt(&self.child);
        let ended = end_of(self.child);
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
}
