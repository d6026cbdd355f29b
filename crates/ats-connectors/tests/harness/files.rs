//! A server on loopback with one file, for inputs that are fetched.

#![expect(
    clippy::panic,
    reason = "a harness without its server has nothing else to say"
)]

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::OnceLock,
    thread,
};

/// What it serves, whatever it is asked for.
const TEXT: &str = "a longer letter than the other one";

/// The address of a file on the server, which is started when it is first asked for.
pub(crate) fn url(path: &str) -> String {
    static ADDRESS: OnceLock<SocketAddr> = OnceLock::new();
    let address = ADDRESS.get_or_init(|| {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let listener = listener.unwrap_or_else(|error| panic!("no free port: {error}"));
        let address = listener.local_addr();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                thread::spawn(move || serve(stream));
            }
        });
        address.unwrap_or_else(|error| panic!("no address: {error}"))
    });
    format!("http://{address}{path}")
}

/// Answers one request; a client that goes away is no concern.
fn serve(mut stream: TcpStream) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{TEXT}",
        TEXT.len()
    );
    let _ = stream.write_all(answer.as_bytes());
}
