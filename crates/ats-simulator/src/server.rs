//! HTTP on loopback: reads a request, asks the fault script, lets the vendor answer, sends the
//! answer whole or broken, logs it. Knows no vendor's paths, keys or envelope.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, mpsc};
use std::task::{Context, Poll};
use std::thread::JoinHandle;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::ashby::Ashby;
use crate::fault::{DeliveryScript, FaultKind, Script};
use crate::keys::Keys;
use crate::lock;
use crate::log::{Exchange, kept_headers};
use crate::payload::Payload;
use crate::post::Post;
use crate::simulator::Options;
use crate::world::World;

/// One request, read to its end.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// The path without its leading slash.
    pub(crate) endpoint: String,
    /// What follows the `?`; empty when nothing does.
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Payload,
}

/// One answer of a vendor.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) content_type: String,
    pub(crate) body: Bytes,
    pub(crate) key_name: String,
    /// Messages that are tried before the answer is sent.
    pub(crate) first: Vec<usize>,
}

/// Everything that requests and the handle share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) world: RwLock<World>,
    pub(crate) keys: Mutex<Keys>,
    pub(crate) faults: Mutex<Script>,
    pub(crate) log: Mutex<VecDeque<Exchange>>,
    pub(crate) post: Post,
    pub(crate) delivery_faults: Mutex<DeliveryScript>,
    pub(crate) options: Options,
    pub(crate) ashby: Ashby,
}

impl Shared {
    pub(crate) fn new(world: World, options: Options, ashby: Ashby) -> Self {
        Self {
            world: RwLock::new(world),
            keys: Mutex::default(),
            faults: Mutex::default(),
            log: Mutex::default(),
            post: Post::default(),
            delivery_faults: Mutex::default(),
            options,
            ashby,
        }
    }

    pub(crate) fn world(&self) -> RwLockReadGuard<'_, World> {
        self.world.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn world_mut(&self) -> RwLockWriteGuard<'_, World> {
        self.world.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread that serves. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    address: SocketAddr,
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    pub(crate) fn start(shared: Arc<Shared>, port: u16) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        shared.ashby.moved_to(address);
        let (stop, stopped) = oneshot::channel();
        let (ready, started) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("ats-simulator".to_owned())
            .spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build();
                match runtime {
                    Ok(runtime) => {
                        let _ = ready.send(Ok(()));
                        runtime.block_on(serve(shared, listener, stopped));
                        runtime.shutdown_background();
                    }
                    Err(error) => {
                        let _ = ready.send(Err(error));
                    }
                }
            })?;
        started.recv().map_err(io::Error::other)??;
        Ok(Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn serve(
    shared: Arc<Shared>,
    listener: std::net::TcpListener,
    mut stopped: oneshot::Receiver<Infallible>,
) {
    let Ok(listener) = TcpListener::from_std(listener) else {
        return;
    };
    let sender = Arc::clone(&shared);
    tokio::spawn(async move { sender.post.run(&sender.options).await });
    loop {
        let stream = tokio::select! {
            _ = &mut stopped => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = stream else {
            continue;
        };
        // Small answers must not wait for the client's delayed acknowledgement.
        let _ = stream.set_nodelay(true);
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let service = service_fn(|request| answer(&shared, request));
            // An error here is a connection that we dropped on purpose or that the client closed.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// Answers one request. An error makes hyper close the connection without an answer.
async fn answer(shared: &Shared, request: Request<Incoming>) -> io::Result<Response<Sent>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let call = Call {
        method: head.method,
        endpoint: head.uri.path().trim_start_matches('/').to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        body: Payload::read(&head.headers, &body),
        headers: head.headers,
    };
    respond(shared, call).await
}

/// Answers one request that was read to its end, when its time has come.
async fn respond(shared: &Shared, call: Call) -> io::Result<Response<Sent>> {
    let harm = lock(&shared.faults).take(&shared.ashby.marks(&call));
    let delay = shared.options.latency + harm.delay;
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    send(shared, call, harm.kind).await
}

async fn send(shared: &Shared, call: Call, harm: Option<FaultKind>) -> io::Result<Response<Sent>> {
    if harm == Some(FaultKind::Reset) {
        record(shared, call, 0, String::new(), None);
        return Err(io::ErrorKind::ConnectionReset.into());
    }
    let mut reply = shared.ashby.answer(shared, &call, harm.as_ref());
    for place in std::mem::take(&mut reply.first) {
        shared.post.attempt(place, &shared.options).await;
    }
    disfigure(&mut reply, harm.as_ref());
    let (status, lost) = match harm {
        Some(FaultKind::ApplyThenReset) => (0, true),
        _ => (reply.status, false),
    };
    record(
        shared,
        call,
        status,
        reply.key_name,
        Some(reply.body.clone()),
    );
    if lost {
        return Err(io::ErrorKind::ConnectionReset.into());
    }
    let mut response = Response::builder()
        .status(reply.status)
        .header("content-type", reply.content_type);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    let sent = match harm {
        Some(FaultKind::Truncated) => Sent::cut(&reply.body),
        _ => Sent::whole(reply.body),
    };
    response.body(sent).map_err(io::Error::other)
}

/// Applies the faults that need no vendor's language.
fn disfigure(reply: &mut Reply, harm: Option<&FaultKind>) {
    match harm {
        Some(
            FaultKind::Status {
                code,
                body,
                content_type,
            }
            | FaultKind::ApplyThenStatus {
                code,
                body,
                content_type,
            },
        ) => {
            reply.status = *code;
            reply.body = Bytes::from(body.clone());
            reply.content_type.clone_from(content_type);
        }
        Some(FaultKind::Html) => {
            reply.body = Bytes::from_static(
                b"<!DOCTYPE html><html><body><h1>Just a moment...</h1></body></html>",
            );
            "text/html; charset=UTF-8".clone_into(&mut reply.content_type);
        }
        Some(FaultKind::Malformed) => {
            let half = &reply.body[..reply.body.len() / 2];
            reply.body = [half, b"\\\"}]"].concat().into();
        }
        _ => {}
    }
}

fn record(shared: &Shared, call: Call, status: u16, key_name: String, body: Option<Bytes>) {
    let limit = shared.options.log_limit.unwrap_or(usize::MAX);
    if limit == 0 {
        return;
    }
    let exchange = Exchange {
        request_headers: kept_headers(&call.headers),
        endpoint: call.endpoint,
        key_name,
        request: call.body.into_log(),
        status,
        response: body.filter(|_| shared.options.record_responses),
    };
    let mut log = lock(&shared.log);
    while log.len() >= limit {
        log.pop_front();
    }
    log.push_back(exchange);
}

/// A response body that may end before its announced length.
#[derive(Debug)]
struct Sent {
    data: Option<Bytes>,
    announced: u64,
    cut: bool,
    flushed: bool,
}

impl Sent {
    fn whole(data: Bytes) -> Self {
        Self {
            announced: data.len() as u64,
            data: Some(data),
            cut: false,
            flushed: false,
        }
    }

    fn cut(data: &Bytes) -> Self {
        let half = data.slice(..data.len() / 2);
        Self {
            announced: data.len() as u64,
            data: Some(half),
            cut: true,
            flushed: false,
        }
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(data) = self.data.take().filter(|data| !data.is_empty()) {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        if !self.cut {
            return Poll::Ready(None);
        }
        if !self.flushed {
            // One turn of waiting lets hyper write the first half before the error drops the rest.
            self.flushed = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none() && !self.cut
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(if self.data.is_some() {
            self.announced
        } else {
            0
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Fault;

    fn shared(options: Options) -> Shared {
        Shared::new(World::default(), options, Ashby::default())
    }

    async fn ask(shared: &Shared, endpoint: &str) {
        let call = Call {
            method: Method::POST,
            endpoint: endpoint.to_owned(),
            query: String::new(),
            headers: HeaderMap::new(),
            body: Payload::Unreadable,
        };
        assert!(respond(shared, call).await.is_ok(), "an answer");
    }

    // The clock stands still here, and jumps when nothing else is left to do.
    #[tokio::test(start_paused = true)]
    async fn every_answer_comes_later_and_requests_wait_side_by_side() {
        let latency = Duration::from_secs(3_600);
        let shared = shared(Options {
            latency,
            ..Options::default()
        });
        let begin = tokio::time::Instant::now();
        tokio::join!(ask(&shared, "user.list"), ask(&shared, "no.such"));
        assert_eq!(begin.elapsed(), latency);
        let more = Duration::from_secs(5);
        lock(&shared.faults).push(Fault::once("user.list", FaultKind::Delay(more)));
        ask(&shared, "user.list").await;
        assert_eq!(begin.elapsed(), latency * 2 + more);
    }

    #[tokio::test]
    async fn the_log_keeps_as_many_exchanges_as_it_may() {
        for (limit, expected) in [
            (None, vec!["a", "b", "c"]),
            (Some(2), vec!["b", "c"]),
            (Some(0), vec![]),
        ] {
            let shared = shared(Options {
                log_limit: limit,
                ..Options::default()
            });
            for endpoint in ["a", "b", "c"] {
                ask(&shared, endpoint).await;
            }
            let log = lock(&shared.log);
            let kept: Vec<&str> = log.iter().map(|exchange| &*exchange.endpoint).collect();
            assert_eq!(kept, expected, "{limit:?}");
        }
    }
}
