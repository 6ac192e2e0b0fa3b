//! A request to a service on this machine: all that the binary asks of one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, anyhow, ensure};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where a service that listens on `listen` is reached from this machine.
#[must_use]
pub fn reached_at(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// Asks for `path` and gives status and body.
pub async fn get(listen: SocketAddr, path: &str, token: Option<&str>) -> anyhow::Result<(u16, String)> {
    let bearer = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    ask(listen, &format!("GET {path} HTTP/1.0\r\n{bearer}"), "").await
}

/// Sends `body` to `path`, and gives what was made.
pub async fn post(listen: SocketAddr, path: &str, body: &Value) -> anyhow::Result<Value> {
    let body = body.to_string();
    let head = format!("POST {path} HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {}\r\n", body.len());
    let (status, answer) = ask(listen, &head, &body).await?;
    ensure!((200..300).contains(&status), "{path} answered {status}: {answer}");
    serde_json::from_str(&answer).with_context(|| format!("{path} answered no JSON"))
}

/// Sends a request whose head lacks only what all have in common.
async fn ask(listen: SocketAddr, head: &str, body: &str) -> anyhow::Result<(u16, String)> {
    let address = reached_at(listen);
    let request = format!("{head}Host: {address}\r\nAccept: application/json\r\n\r\n{body}");
    let exchange = async {
        let mut stream = TcpStream::connect(address).await.with_context(|| format!("nothing answers at {address}"))?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        anyhow::Ok(answer)
    };
    let answer = timeout(PATIENCE, exchange).await.with_context(|| format!("{address} does not answer"))??;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(|| anyhow!("{address} does not speak HTTP"))?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    Ok((status.ok_or_else(|| anyhow!("{address} does not speak HTTP"))?, body.to_owned()))
}
