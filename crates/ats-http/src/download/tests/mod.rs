//! Downloads from real servers on loopback. To these tests 127.0.0.1 is the public internet.

mod guarding;

use std::{
    collections::VecDeque,
    net::TcpListener,
    sync::{Mutex, PoisonError},
};

use ats_core::{Error, ErrorKind};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net,
};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, path},
};

use super::*;

/// Answers each question in turn, and with the last answer from then on.
#[derive(Debug)]
struct Names {
    answers: Mutex<VecDeque<Vec<IpAddr>>>,
    asked: Mutex<Vec<String>>,
}

impl Names {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |answer: &&[&str]| answer.iter().map(|ip| ip.parse().unwrap()).collect();
        Arc::new(Self {
            answers: Mutex::new(answers.iter().map(parse).collect()),
            asked: Mutex::default(),
        })
    }

    fn asked(&self) -> Vec<String> {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Resolver for Names {
    fn resolve(&self, host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        self.asked.lock().unwrap().push(host.to_owned());
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 {
            answers.pop_front()
        } else {
            answers.front().cloned()
        };
        Box::pin(async move { answer.ok_or_else(|| io::ErrorKind::NotFound.into()) })
    }
}

#[derive(Debug)]
struct Silence;

impl Resolver for Silence {
    fn resolve(&self, _: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        Box::pin(std::future::pending())
    }
}

fn downloader() -> Downloader {
    Downloader {
        forbidden: |address| match address.to_string().as_str() {
            "127.0.0.1" => None,
            _ => guard::forbidden(address),
        },
        ..Downloader::new(DownloadPolicy::default())
    }
}

/// A server that every address of this machine leads to, and its port.
async fn server() -> (MockServer, u16) {
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = MockServer::builder().listener(listener).start().await;
    (server, port)
}

async fn serve(server: &MockServer, at: &str, answer: ResponseTemplate) {
    let mock = Mock::given(path(at)).respond_with(answer);
    mock.mount(server).await;
}

fn pdf() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw("%PDF-1.4\n", "application/pdf")
}

fn moved(target: impl AsRef<str>) -> ResponseTemplate {
    ResponseTemplate::new(302).insert_header("location", target.as_ref())
}

async fn requests(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

async fn fetch(downloader: &Downloader, url: impl AsRef<str>) -> Result<Spooled> {
    downloader
        .download("create_candidate", "attachments[0].data_url", url.as_ref())
        .await
}

#[track_caller]
fn assert_invalid(error: &Error, message: &str) {
    let field = Some("attachments[0].data_url".to_owned());
    assert_eq!(error.kind(), &ErrorKind::InputInvalid { field }, "{error}");
    assert!(error.message().contains(message), "{error}");
}

#[track_caller]
fn assert_unavailable(error: &Error, message: &str) {
    assert_eq!(error.kind(), &ErrorKind::Unavailable, "{error}");
    assert!(error.message().contains(message), "{error}");
}

#[tokio::test]
async fn a_file_is_fetched_with_its_type_and_nothing_is_told() {
    let (server, port) = server().await;
    serve(&server, "/cv", pdf()).await;

    let url = format!("http://127.0.0.1:{port}/cv?token=x#part");
    let file = fetch(&downloader(), url).await.unwrap();

    assert_eq!((file.len(), file.content_type()), (9, "application/pdf"));
    assert_eq!(file.bytes().await.unwrap(), "%PDF-1.4\n");
    let request = &server.received_requests().await.unwrap()[0];
    assert_eq!(request.url.query(), Some("token=x"));
    let mut names: Vec<_> = request.headers.keys().map(ToString::to_string).collect();
    names.sort_unstable();
    assert_eq!(names, ["accept", "accept-encoding", "host", "user-agent"]);
}

#[tokio::test]
async fn five_redirects_are_followed_and_a_sixth_is_not() {
    let (server, port) = server().await;
    for hop in 0..6 {
        let target = moved(format!("/{}", hop + 1));
        serve(&server, &format!("/{hop}"), target).await;
    }
    serve(&server, "/6", pdf()).await;
    let url = |hop| format!("http://127.0.0.1:{port}/{hop}");

    assert_eq!(fetch(&downloader(), url(1)).await.unwrap().len(), 9);
    let error = fetch(&downloader(), url(0)).await.unwrap_err();
    assert_invalid(&error, "redirects more than 5 times");
}

#[tokio::test]
async fn no_error_shows_more_of_a_url_than_its_host() {
    let (server, port) = server().await;
    let secret = "canary4711";
    let tail = format!(":{port}/{secret}?sig={secret}#{secret}");
    let answers = [
        ResponseTemplate::new(404).set_body_string(secret),
        ResponseTemplate::new(500),
        moved(format!("http://127.0.0.2{tail}")),
        moved(format!("http://{secret}:{secret}@127.0.0.1{tail}")),
        moved(format!("http://127.0.0.1:1/{secret}?sig={secret}")),
    ];
    for answer in answers {
        server.reset().await;
        Mock::given(any()).respond_with(answer).mount(&server).await;
        let url = format!("http://127.0.0.1{tail}");
        let error = fetch(&downloader(), url).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains(secret), "{error:?}");
        assert!(error.to_string().contains("127.0.0.") || error.message().contains("user"));
    }
}

#[tokio::test]
async fn a_file_of_exactly_the_cap_passes_and_one_byte_more_does_not() {
    let (server, port) = server().await;
    serve(
        &server,
        "/",
        ResponseTemplate::new(200).set_body_string("x".repeat(10)),
    )
    .await;
    let url = format!("http://127.0.0.1:{port}/");
    let capped = |bytes| {
        downloader().limits(DownloadLimits {
            bytes,
            ..DownloadLimits::default()
        })
    };
    assert_eq!(fetch(&capped(10), &url).await.unwrap().len(), 10);
    let error = fetch(&capped(9), &url).await.unwrap_err();
    assert_invalid(
        &error,
        "the file at 127.0.0.1 is larger than the cap of 9 bytes",
    );

    // A server that does not say how much comes, or that goes on for ever.
    let chunks = "6\r\nxxxxxx\r\n6\r\nxxxxxx\r\n";
    let answer = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunks}");
    let url = raw(answer, true).await;
    let error = fetch(&capped(9), &url).await.unwrap_err();
    assert_invalid(&error, "is larger than the cap");
}

/// A server that sends these bytes, and keeps the connection open or closes it.
async fn raw(bytes: String, open: bool) -> String {
    let listener = net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 1024];
        let _ = stream.read(&mut request).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        if open {
            // Until the client hangs up.
            let _ = stream.read(&mut request).await;
        }
    });
    url
}

#[tokio::test]
async fn whoever_is_too_slow_is_given_up() {
    // Nothing ever comes, so any limit ends the same way; a short one ends soon.
    let hasty = downloader().limits(DownloadLimits {
        time: Duration::from_millis(100),
        ..DownloadLimits::default()
    });
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf";
    for bytes in ["", head] {
        let error = fetch(&hasty, raw(bytes.to_owned(), true).await).await;
        assert_unavailable(
            &error.unwrap_err(),
            "127.0.0.1 did not give the file within 100ms",
        );
    }
    let mute = hasty.resolver(Arc::new(Silence));
    let error = fetch(&mute, "http://files.example/").await.unwrap_err();
    assert_unavailable(&error, "files.example did not give the file within 100ms");
}

#[tokio::test]
async fn hosts_that_are_not_there_and_files_that_are_not_given_say_what_to_do() {
    let nobody = downloader().resolver(Names::new(&[]));
    let error = fetch(&nobody, "http://files.example/").await.unwrap_err();
    assert_unavailable(&error, "the host files.example was not found");
    let nobody = downloader().resolver(Names::new(&[&[]]));
    let error = fetch(&nobody, "http://files.example/").await.unwrap_err();
    assert_unavailable(&error, "the host files.example was not found");

    let closed = net::TcpSocket::new_v4().unwrap();
    closed.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}/", closed.local_addr().unwrap());
    let error = fetch(&downloader(), url).await.unwrap_err();
    assert_unavailable(&error, "could not connect to 127.0.0.1");

    let (server, port) = server().await;
    for (code, passing) in [
        (401, false),
        (403, false),
        (404, false),
        (410, false),
        (302, false),
        (304, false),
        (429, true),
        (500, true),
        (503, true),
    ] {
        let at = format!("/{code}");
        serve(&server, &at, ResponseTemplate::new(code)).await;
        let error = fetch(&downloader(), format!("http://127.0.0.1:{port}{at}")).await;
        let error = error.unwrap_err();
        assert_eq!(error.context("status"), Some(code.to_string().as_str()));
        let unavailable = error.kind() == &ErrorKind::Unavailable;
        assert_eq!(unavailable, passing, "{error}");
    }
}

#[tokio::test]
async fn a_file_that_is_cut_off_is_no_file() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf";
    let error = fetch(&downloader(), raw(head.to_owned(), false).await).await;
    assert_unavailable(&error.unwrap_err(), "was cut off");
}

#[tokio::test]
async fn the_servers_type_counts_and_the_bytes_speak_when_it_says_nothing() {
    let (server, port) = server().await;
    let pdf = "%PDF-1.4\n";
    let cases = [
        ("text/plain; charset=utf-8", pdf, "text/plain"),
        ("application/octet-stream", pdf, "application/pdf"),
        ("binary/octet-stream; x=y", pdf, "application/pdf"),
        ("nonsense", pdf, "application/pdf"),
        ("application/octet-stream", "Dear all", "text/plain"),
        (
            "application/octet-stream",
            "\u{1}",
            "application/octet-stream",
        ),
        ("application/octet-stream", "", "application/octet-stream"),
    ];
    for (index, (declared, body, kind)) in cases.into_iter().enumerate() {
        let answer = ResponseTemplate::new(200).set_body_raw(body, declared);
        serve(&server, &format!("/{index}"), answer).await;
        let file = fetch(&downloader(), format!("http://127.0.0.1:{port}/{index}")).await;
        assert_eq!(file.unwrap().content_type(), kind, "{declared} {body:?}");
    }
    let answer = ResponseTemplate::new(200).set_body_bytes(pdf);
    serve(&server, "/none", answer).await;
    let file = fetch(&downloader(), format!("http://127.0.0.1:{port}/none")).await;
    assert_eq!(file.unwrap().content_type(), "application/pdf");
}

#[tokio::test]
async fn a_document_of_older_word_is_known_although_its_contents_table_is_at_its_end() {
    let (server, port) = server().await;
    let mut document = cfb::CompoundFile::create(io::Cursor::new(Vec::new())).unwrap();
    let word = uuid::Uuid::from_u128(0x00020906_0000_0000_c000_000000000046);
    let mut stream = document.create_stream("/WordDocument").unwrap();
    io::Write::write_all(&mut stream, &vec![1; 3 * sniff::HEAD]).unwrap();
    drop(stream);
    document.set_storage_clsid("/", word).unwrap();
    let document = document.into_inner().into_inner();
    let answer = ResponseTemplate::new(200).set_body_raw(document, "binary/octet-stream");
    serve(&server, "/", answer).await;
    let file = fetch(&downloader(), format!("http://127.0.0.1:{port}/")).await;
    assert_eq!(file.unwrap().content_type(), "application/msword");
}

#[tokio::test]
async fn downloads_may_move_between_threads() {
    let (server, port) = server().await;
    serve(&server, "/", pdf()).await;
    let task = async move { fetch(&downloader(), format!("http://127.0.0.1:{port}/")).await };
    assert_eq!(tokio::spawn(task).await.unwrap().unwrap().len(), 9);
}

#[tokio::test]
async fn a_long_file_comes_whole_and_its_streams_do_not_disturb_each_other() {
    use futures_util::TryStreamExt;

    let (server, port) = server().await;
    let body: Vec<u8> = (0..300_000_u32).map(|n| (n % 251) as u8).collect();
    let answer = ResponseTemplate::new(200).set_body_bytes(body.clone());
    serve(&server, "/", answer).await;
    let url = format!("http://127.0.0.1:{port}/");
    let file = fetch(&downloader(), url).await.unwrap();

    let (mut one, mut two) = (Box::pin(file.stream()), Box::pin(file.stream()));
    drop(file);
    let (mut first, mut second) = (Vec::new(), Vec::new());
    while let Some(chunk) = one.try_next().await.unwrap() {
        first.extend_from_slice(&chunk);
        second.extend_from_slice(&two.try_next().await.unwrap().unwrap());
    }
    assert_eq!(first, body);
    assert_eq!(second, body);
    assert_eq!(two.try_next().await.unwrap(), None);
}
