//! From a change at the vendor to the webhook that tells of it: the vendor calls the server, the server
//! reads what changed, and calls whoever listens here.

use std::{
    net::SocketAddr,
    sync::mpsc::{Receiver, Sender, channel},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use ats_simulator::Simulator;
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use hmac::{Hmac, Mac};
use serde_json::Value;
use sha2::Sha256;

use crate::{
    ats::{Ats, printed},
    load::Loaded,
    process::Process,
    vendor::our_id,
};

/// A message that does not come within this time does not come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A call, as it came.
struct Call {
    at: Instant,
    signature: Option<String>,
    body: Bytes,
}

/// Changes so many applications, one after the other, and waits for each webhook.
pub(crate) fn measure(
    simulator: &Simulator,
    ats: &Ats,
    server: &Process,
    count: usize,
) -> Result<Loaded> {
    let (address, calls) = listen()?;
    let url = format!("http://{address}/hook");
    let mut add = ats.command(&["webhooks", "add", "--url", &url, "--events", "data-changed"]);
    let added = printed(add.args(["--allow-private-network", "--json"]))?;
    let secret = added["secret"].as_str().context("no secret")?.to_owned();
    let public = format!("http://{}", server.address);
    let mut create = ats.command(&["subscriptions", "create", &ats.integration, "--json"]);
    let created = printed(create.args(["--public-url", &public]))?;
    let active = created["subscriptions"].as_array().into_iter().flatten();
    let mut active = active.filter(|one| one["state"] == "ACTIVE");
    ensure!(
        active.any(|one| one["event"] == "applicationUpdate"),
        "the vendor does not tell of applications: {created}"
    );
    let all = simulator.read(|world| world.ids("applications"));
    let mut times = Vec::with_capacity(count);
    let begin = Instant::now();
    for number in 0..count {
        let remote = all
            .get(number * (all.len() / count))
            .context("too few applications")?;
        let (found, at) = simulator.edit(|world| {
            // `updatedAt` moves, and the mirror shows it.
            let found = world.update("applications", remote, |_| {});
            (found, Instant::now())
        });
        ensure!(found, "an application is gone");
        times.push(told(&calls, &secret, &our_id("applications", remote))? - at);
        // Changes do not come in step with anything that the server does now and then.
        std::thread::sleep(Duration::from_millis(20 + 7 * (number as u64 % 11)));
    }
    let times = times.iter().map(Duration::as_secs_f64).collect();
    Ok(Loaded::new(times, begin.elapsed().as_secs_f64(), 0.0))
}

/// When a signed message came that names this record.
fn told(calls: &Receiver<Call>, secret: &str, id: &str) -> Result<Instant> {
    let until = Instant::now() + PATIENCE;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let call = calls
            .recv_timeout(left)
            .with_context(|| format!("no webhook tells of the application {id}"))?;
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())?;
        mac.update(&call.body);
        let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
        ensure!(
            call.signature == Some(signature),
            "a webhook is not signed with the secret"
        );
        let body: Value = serde_json::from_slice(&call.body)?;
        ensure!(body["type"] == "data-changed", "another event: {body}");
        let records = body["data"]["changed_records"].as_array();
        if records.into_iter().flatten().any(|one| one["id"] == id) {
            return Ok(call.at);
        }
    }
}

/// Listens on a thread of its own until the bench ends.
fn listen() -> Result<(SocketAddr, Receiver<Call>)> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let (sender, calls) = channel();
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().build()?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            let routes = Router::new().route("/hook", post(take)).with_state(sender);
            let listener = tokio::net::TcpListener::from_std(listener)?;
            axum::serve(listener, routes).await
        })
    });
    Ok((address, calls))
}

async fn take(State(sender): State<Sender<Call>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signature = headers.get("x-kombo-signature");
    let signature = signature.and_then(|value| value.to_str().ok());
    let call = Call {
        at: Instant::now(),
        signature: signature.map(str::to_owned),
        body,
    };
    match sender.send(call) {
        Ok(()) => StatusCode::OK,
        Err(_) => StatusCode::GONE,
    }
}
