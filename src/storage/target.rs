//! The address of a database: what libpq's users write, in what tokio-postgres and rustls understand.

use std::{fmt, str::FromStr, time::Duration};

use tokio_postgres::{
    Config,
    config::{Host, SslMode, TargetSessionAttrs},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{
    pool::{ConnectError, causes},
    tls::{self, Trust},
};

/// How long one server may take to answer the call, if the address does not say. Several must fit in [`super::pool`]'s bound.
const ONE_SERVER: Duration = Duration::from_secs(1);
/// How long sent data may stay unacknowledged: a network cut without a reset is noticed by it.
const UNACKNOWLEDGED: Duration = Duration::from_secs(4);

/// A parsed address with all it takes to connect.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) config: Config,
    pub(super) tls: MakeRustlsConnect,
    /// Servers, database and user in words; without the password.
    pub(super) words: String,
}

impl Target {
    /// Reads a `postgres://` address or `key=value` pairs.
    ///
    /// `sslmode` may be each of libpq's words. `prefer` (the default) and `allow` encrypt if the server can
    /// and trust any certificate; `require`, `verify-ca` and `verify-full` all check authority and name,
    /// against `sslrootcert` or the system's authorities. Servers that refuse writes are passed over
    /// unless the address says otherwise by `target_session_attrs`.
    pub(super) fn parse(address: &str) -> Result<Self, ConnectError> {
        let Parts { rest, ours } = if address.starts_with("postgres://") || address.starts_with("postgresql://") {
            from_address(address)?
        } else {
            from_pairs(address)?
        };
        let mut config = Config::from_str(&rest).map_err(|error| ConnectError::Address { reason: causes(&error) })?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(ConnectError::address("it names no host"));
        }
        let socket_only = config.get_hostaddrs().is_empty()
            && config.get_hosts().iter().all(|host| match host {
                Host::Unix(_) => true,
                Host::Tcp(_) => false,
            });
        let authority = ours.sslrootcert.filter(|path| path != "system");
        let (mode, trust) = match ours.sslmode.as_deref() {
            _ if socket_only => (SslMode::Disable, Trust::Anybody),
            Some("disable") => (SslMode::Disable, Trust::Anybody),
            None | Some("allow" | "prefer") => (SslMode::Prefer, Trust::Anybody),
            Some("require" | "verify-ca" | "verify-full") => {
                (SslMode::Require, authority.map_or(Trust::System, Trust::File))
            }
            Some(_) => {
                return Err(ConnectError::address(
                    "its sslmode is none of disable, allow, prefer, require, verify-ca and verify-full",
                ));
            }
        };
        config.ssl_mode(mode);
        if !ours.chose_server {
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        if config.get_application_name().is_none() {
            config.application_name("border-gate");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(ONE_SERVER);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(UNACKNOWLEDGED);
        }
        config
            .keepalives_idle(Duration::from_secs(10))
            .keepalives_interval(Duration::from_secs(3))
            .keepalives_retries(3);
        let words = in_words(&config);
        let tls = tls::config(&trust).map_err(|error| {
            let file = match &trust {
                Trust::File(path) => path.as_str(),
                Trust::System | Trust::Anybody => "the system's certificates",
            };
            ConnectError::Certificate { file: file.to_owned(), reason: error.to_string() }
        })?;
        Ok(Self { config, tls: MakeRustlsConnect::new(tls), words })
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Target").field(&self.words).finish()
    }
}

fn in_words(config: &Config) -> String {
    let ports = config.get_ports();
    let port = |index: usize| ports.get(index).or_else(|| ports.first()).copied().unwrap_or(5432);
    let mut hosts: Vec<String> = config
        .get_hosts()
        .iter()
        .enumerate()
        .map(|(index, host)| match host {
            Host::Tcp(name) => format!("{name}:{}", port(index)),
            Host::Unix(directory) => directory.display().to_string(),
        })
        .collect();
    if hosts.is_empty() {
        hosts = config.get_hostaddrs().iter().enumerate().map(|(index, ip)| format!("{ip}:{}", port(index))).collect();
    }
    let user = config.get_user().map(|user| format!(" as {user}")).unwrap_or_default();
    let database = config.get_dbname().or(config.get_user()).unwrap_or_default();
    format!("{database} at {}{user}", hosts.join(", "))
}

/// An address without the parameters that tokio-postgres does not know, and those.
struct Parts {
    rest: String,
    ours: Ours,
}

#[derive(Default)]
struct Ours {
    sslmode: Option<String>,
    sslrootcert: Option<String>,
    chose_server: bool,
}

impl Ours {
    /// Whether the parameter is ours alone, and so to be left out for tokio-postgres.
    fn takes(&mut self, key: &str, value: &str) -> bool {
        match key {
            "sslmode" => self.sslmode = Some(value.to_owned()),
            "sslrootcert" => self.sslrootcert = Some(value.to_owned()),
            "target_session_attrs" => {
                self.chose_server = true;
                return false;
            }
            _ => return false,
        }
        true
    }
}

fn from_address(address: &str) -> Result<Parts, ConnectError> {
    let mut ours = Ours::default();
    let Some((before, query)) = address.split_once('?') else {
        return Ok(Parts { rest: address.to_owned(), ours });
    };
    let mut kept = Vec::new();
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let value =
            percent_decoded(value).ok_or_else(|| ConnectError::address("a percent sign in it begins no byte"))?;
        if !ours.takes(key, &value) {
            kept.push(parameter);
        }
    }
    let rest = if kept.is_empty() { before.to_owned() } else { format!("{before}?{}", kept.join("&")) };
    Ok(Parts { rest, ours })
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes().iter();
    while let Some(byte) = rest.next() {
        if *byte == b'%' {
            let high = char::from(*rest.next()?).to_digit(16)?;
            let low = char::from(*rest.next()?).to_digit(16)?;
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(*byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// Reads `key=value` pairs, values in single quotes if need be, `\` before what is meant literally.
fn from_pairs(text: &str) -> Result<Parts, ConnectError> {
    let unended = || ConnectError::address("a value in it has no end");
    let (mut ours, mut kept) = (Ours::default(), Vec::new());
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (key, after) = rest
            .split_once('=')
            .ok_or_else(|| ConnectError::address("it is neither postgres://… nor key=value pairs"))?;
        let after = after.trim_start();
        let quoted = after.starts_with('\'');
        let mut value = String::new();
        let mut characters = after.char_indices().skip(usize::from(quoted));
        let end = loop {
            match characters.next() {
                Some((_, '\\')) => value.push(characters.next().ok_or_else(unended)?.1),
                Some((index, '\'')) if quoted => break index + 1,
                Some((index, character)) if !quoted && character.is_whitespace() => break index,
                Some((_, character)) => value.push(character),
                None if quoted => return Err(unended()),
                None => break after.len(),
            }
        };
        let key = key.trim();
        if !ours.takes(key, &value) {
            let value = value.replace('\\', "\\\\").replace('\'', "\\'");
            kept.push(format!("{key}='{value}'"));
        }
        rest = after.get(end..).unwrap_or_default().trim_start();
    }
    Ok(Parts { rest: kept.join(" "), ours })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(address: &str) -> String {
        Target::parse(address).unwrap_err().to_string()
    }

    #[test]
    fn what_only_libpq_knows_is_taken_out_of_an_address() {
        let target = Target::parse("postgres://u:p@a:5433,b/d?sslmode=require&connect_timeout=7").unwrap();
        assert_eq!(target.config.get_ssl_mode(), SslMode::Require);
        assert_eq!(target.config.get_connect_timeout(), Some(&Duration::from_secs(7)));
        assert_eq!(target.config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
        assert_eq!(target.words, "d at a:5433, b:5432 as u");
        let any = Target::parse("postgres://u@a/d?target_session_attrs=any").unwrap();
        assert_eq!(any.config.get_target_session_attrs(), TargetSessionAttrs::Any);
    }

    #[test]
    fn pairs_are_read_as_libpq_reads_them() {
        let target =
            Target::parse(r"host = a  password='it\'s \\ here' sslmode=verify-full user=u dbname=d\ e").unwrap();
        assert_eq!(target.config.get_password(), Some(br"it's \ here".as_slice()));
        assert_eq!(target.config.get_dbname(), Some("d e"));
        assert_eq!(target.config.get_ssl_mode(), SslMode::Require);
    }

    #[test]
    fn a_socket_is_never_encrypted() {
        let target = Target::parse("host=/run/postgresql user=u sslmode=require").unwrap();
        assert_eq!(target.config.get_ssl_mode(), SslMode::Disable);
    }

    #[test]
    fn a_faulty_address_is_explained_without_its_password() {
        for (address, reason) in [
            ("", "it names no host"),
            ("nonsense", "neither postgres://… nor key=value"),
            ("user=u password=secret", "it names no host"),
            ("host=a password='secret", "a value in it has no end"),
            ("host=a password=secret sslmode=perhaps", "sslmode is none of"),
            ("postgres://u:secret@a/d?sslmode=%zz", "begins no byte"),
            ("postgres://u:secret@a/d?colour=red", "unknown option `colour`"),
            ("postgres://u:secret@a:port/d", "invalid"),
            ("postgres://u:secret@a/d?sslmode=require&sslrootcert=/no/such/file", "/no/such/file"),
        ] {
            let said = refusal(address);
            assert!(said.contains(reason), "{address}: {said}");
            assert!(!said.contains("secret"), "{address}: {said}");
        }
    }
}
