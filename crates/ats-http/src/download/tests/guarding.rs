//! Where a download does not go.

use std::process::Command;

use super::*;

#[tokio::test]
async fn this_machine_is_not_asked_however_it_is_spelled() {
    let (server, port) = server().await;
    serve(&server, "/", pdf()).await;
    let public = Downloader::new(DownloadPolicy::default());
    for host in [
        "localhost",
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "%31%32%37.0.0.1",
        "１２７.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
    ] {
        let error = fetch(&public, format!("http://{host}:{port}/")).await;
        assert_invalid(&error.unwrap_err(), "has a loopback address");
    }
    let error = fetch(&public, format!("http://0:{port}/")).await;
    assert_invalid(&error.unwrap_err(), "has an unspecified address");
    assert_eq!(requests(&server).await, 0);
}

#[tokio::test]
async fn the_operator_can_allow_private_networks() {
    let (server, port) = server().await;
    serve(&server, "/", pdf()).await;
    let private = Downloader::new(DownloadPolicy {
        allow_private_network: true,
    });
    for host in ["localhost", "127.0.0.1", "127.1"] {
        let file = fetch(&private, format!("http://{host}:{port}/")).await;
        assert_eq!(file.unwrap().len(), 9);
    }
}

#[tokio::test]
async fn one_private_address_among_public_ones_is_enough_to_refuse() {
    let (server, port) = server().await;
    for answer in [
        &["10.0.0.1"][..],
        &["127.0.0.1", "10.0.0.1"],
        &["fd00::1", "127.0.0.1"],
        &["169.254.169.254"],
    ] {
        let names = Names::new(&[answer]);
        let url = format!("http://files.example:{port}/");
        let error = fetch(&downloader().resolver(names), url).await.unwrap_err();
        assert_invalid(&error, "files.example has a ");
        assert!(error.message().contains("--allow-private-network"));
    }
    assert_eq!(requests(&server).await, 0);
}

#[tokio::test]
async fn a_redirect_is_guarded_like_the_first_address() {
    let (server, port) = server().await;
    let cases = [
        (format!("http://127.0.0.2:{port}/x"), "a loopback address"),
        (format!("//127.0.0.2:{port}/x"), "a loopback address"),
        (
            "http://169.254.169.254/x".to_owned(),
            "a link-local address",
        ),
        ("http://[fd00::1]/x".to_owned(), "a private address"),
        ("file:///etc/passwd".to_owned(), "other than http"),
        ("ftp://127.0.0.1/x".to_owned(), "other than http"),
        (
            format!("http://key:x@127.0.0.1:{port}/x"),
            "user or password",
        ),
    ];
    for (index, (target, message)) in cases.iter().enumerate() {
        let at = format!("/{index}");
        serve(&server, &at, moved(target)).await;
        let error = fetch(&downloader(), format!("http://127.0.0.1:{port}{at}")).await;
        assert_invalid(&error.unwrap_err(), message);
    }
    // The redirects were asked, and where they lead to was not.
    assert_eq!(requests(&server).await, cases.len());
}

#[tokio::test]
async fn a_redirect_to_a_name_is_looked_up_and_guarded() {
    let (server, port) = server().await;
    let target = format!("http://inside.example:{port}/x");
    serve(&server, "/", moved(target)).await;
    let names = Names::new(&[&["127.0.0.1"], &["127.0.0.2"]]);

    let url = format!("http://files.example:{port}/");
    let error = fetch(&downloader().resolver(names.clone()), url).await;

    assert_invalid(&error.unwrap_err(), "inside.example has a loopback address");
    assert_eq!(names.asked(), ["files.example", "inside.example"]);
    assert_eq!(requests(&server).await, 1);
}

#[tokio::test]
async fn a_name_that_changes_its_address_is_looked_up_once_a_hop_and_never_behind_the_guard() {
    let (server, port) = server().await;
    serve(&server, "/", moved("/cv")).await;
    serve(&server, "/cv", pdf()).await;
    let url = format!("http://files.example:{port}/");

    // A second look-up within a hop would lead elsewhere, where nobody listens.
    let names = Names::new(&[&["127.0.0.1"], &["127.0.0.1"], &["192.0.2.1"]]);
    let file = fetch(&downloader().resolver(names.clone()), &url).await;
    assert_eq!(file.unwrap().len(), 9);
    assert_eq!(names.asked(), ["files.example"; 2]);

    // The same name is guarded again after the redirect.
    let names = Names::new(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let error = fetch(&downloader().resolver(names), &url).await;
    assert_invalid(&error.unwrap_err(), "files.example has a loopback address");
    assert_eq!(requests(&server).await, 3);
}

#[test]
fn a_proxy_in_the_environment_is_not_used() {
    // The environment counts for a whole process, so another test runs in a process of its own. A
    // client that used this proxy would reach nothing.
    let name = "a_name_that_changes_its_address_is_looked_up_once_a_hop_and_never_behind_the_guard";
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", &format!("download::tests::guarding::{name}")]);
    for variable in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        child.env(variable, "http://127.0.0.1:1");
    }
    let output = child.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("1 passed"), "{text}");
}

#[tokio::test]
async fn a_url_that_is_none_or_holds_credentials_is_refused() {
    for (url, message) in [
        ("", "is not a URL"),
        ("cv.pdf", "is not a URL"),
        ("//files.example/cv.pdf", "is not a URL"),
        ("https://", "is not a URL"),
        ("file:///etc/passwd", "other than http"),
        ("ftp://files.example/cv", "other than http"),
        ("data:text/plain,x", "other than http"),
        ("gopher://127.0.0.1/", "other than http"),
        ("https://user@files.example/", "user or password"),
        ("https://:pw@files.example/", "user or password"),
    ] {
        let error = fetch(&downloader(), url).await.unwrap_err();
        assert_invalid(&error, message);
    }
}
