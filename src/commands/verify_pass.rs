//! `border-gate verify-pass`

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow, bail, ensure};
use border_gate::clock::Clock;
use border_gate::domain::pass::Pass;
use border_gate::identity::passes::PublicKeys;
use border_gate::storage::tls;
use chrono::{DateTime, SecondsFormat, Utc};
use clap::Args;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

use super::UsedWrongly;

/// How long a key set may take to come.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest key set that is read, in bytes.
const LONGEST: u64 = 1024 * 1024;

/// A pass and what to hold it against.
#[derive(Args)]
pub struct Arguments {
    /// The pass as the QR code holds it; - is standard input
    token: String,
    /// The gate's key set: a saved file, or the address of `/.well-known/jwks.json`
    #[arg(long, required = true, num_args = 1.., value_name = "FILE|URL")]
    keys: Vec<String>,
    /// The plate that is seen
    #[arg(long)]
    plate: Option<String>,
    /// The crossing point at which it is shown, by its code
    #[arg(long, value_name = "CODE")]
    crossing_point: Option<String>,
    /// When it is shown (RFC 3339) [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<DateTime<Utc>>,
}

/// Says whether a pass is good here and now.
pub fn verify(arguments: &Arguments) -> anyhow::Result<()> {
    let mut token = arguments.token.clone();
    if token == "-" {
        token.clear();
        io::stdin().take(LONGEST).read_to_string(&mut token).context("standard input cannot be read")?;
    }
    let mut keys: Option<PublicKeys> = None;
    for from in &arguments.keys {
        let more = read_keys(from).map_err(|error| UsedWrongly(format!("the keys of {from}: {error:#}")))?;
        keys = Some(match keys {
            Some(keys) => keys.with(more),
            None => more,
        });
    }
    let keys = keys.ok_or_else(|| UsedWrongly("no keys are given".to_owned()))?;
    let pass = keys.read(token.trim()).map_err(|error| anyhow!("not good: {error}"))?;
    let at = arguments.at.unwrap_or_else(|| Clock::System.now());
    let outcome = pass.check(at, arguments.plate.as_deref(), arguments.crossing_point.as_deref());
    println!("{}\n{}", if outcome.is_ok() { "good" } else { "not good" }, told(&pass));
    if let Err(reasons) = outcome {
        let reasons: Vec<String> = reasons.iter().map(ToString::to_string).collect();
        bail!("not good: {}", reasons.join("; "));
    }
    Ok(())
}

fn told(pass: &Pass) -> String {
    let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    [
        ("number", pass.number.to_string()),
        ("revision", pass.revision.to_string()),
        ("plate", pass.plate.clone()),
        ("crossing_point", pass.crossing_point.clone()),
        ("direction", pass.direction.to_string()),
        ("from", time(pass.from)),
        ("until", time(pass.until)),
    ]
    .map(|(name, value)| format!("{name:<15}{value}"))
    .join("\n")
}

fn read_keys(from: &str) -> anyhow::Result<PublicKeys> {
    let text = match from.split_once("://") {
        Some((scheme, rest)) => fetched(scheme, rest)?,
        None => std::fs::read_to_string(Path::new(from))?,
    };
    Ok(PublicKeys::from_jwks(&text)?)
}

/// Asks for a key set, in the one way that needs no more than is here already: HTTP/1.0, over TLS where it is https.
fn fetched(scheme: &str, rest: &str) -> anyhow::Result<String> {
    let port = match scheme {
        "http" => 80,
        "https" => 443,
        _ => bail!("an address begins with http:// or https://"),
    };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let bracketed = authority.ends_with(']');
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !bracketed => (host, port.parse().context("the port is no number")?),
        Some(_) | None => (authority, port),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let address = (host, port).to_socket_addrs()?.next().ok_or_else(|| anyhow!("there is no such host"))?;
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request = format!("GET /{path} HTTP/1.0\r\nHost: {authority}\r\nAccept: application/json\r\n\r\n");
    let answer = if scheme == "https" {
        let connection =
            ClientConnection::new(Arc::new(tls::trusting_the_system()?), ServerName::try_from(host.to_owned())?)?;
        exchange(StreamOwned::new(connection, stream), &request)?
    } else {
        exchange(stream, &request)?
    };
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(|| anyhow!("it does not speak HTTP"))?;
    let status = head.split(' ').nth(1).unwrap_or_default();
    ensure!(status == "200", "it answered {status}");
    Ok(body.to_owned())
}

fn exchange(mut stream: impl Read + Write, request: &str) -> io::Result<String> {
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    match stream.take(LONGEST).read_to_string(&mut answer) {
        // Some servers close without TLS's own goodbye: what is cut short is no JSON, and is found out so.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && !answer.is_empty() => {}
        read => drop(read?),
    }
    Ok(answer)
}
