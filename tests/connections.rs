//! Connecting to other databases than the private one: encrypted, several servers, and what is said when it fails.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails at once")]

use std::{
    fs::{self, Permissions},
    net::TcpListener,
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use border_gate::storage::{
    embedded::{DATABASE, Durability, EmbeddedCluster},
    pool::{self, ConnectError},
};

use crate::support::database::TestDatabase;

const SUPPORT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/tls");
const PASSWORD: &str = "mở cửa khẩu/2025";

/// A server that speaks TLS alone, on a port of 127.0.0.1, and asks for a password.
struct TlsServer {
    directory: PathBuf,
    port: u16,
    process: Child,
}

impl TlsServer {
    async fn start() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let directory = std::env::temp_dir().join(format!("bg-tls-{}-{number}", std::process::id()));
        let mut cluster = EmbeddedCluster::start(&directory, Durability::Throwaway).unwrap();
        let (client, _) = pool::connect(&cluster.url(DATABASE)).await.unwrap();
        client.batch_execute(&format!("create role gate login password '{PASSWORD}'")).await.unwrap();
        let data = directory.join("data");
        // "/usr/lib/postgresql/15/bin/postgres "-D" …"
        let options = fs::read_to_string(data.join("postmaster.opts")).unwrap();
        cluster.stop();
        let owner = fs::metadata(&data).unwrap();
        for name in ["server.pem", "server.key"] {
            let copy = data.join(name);
            fs::copy(Path::new(SUPPORT).join(name), &copy).unwrap();
            fs::set_permissions(&copy, Permissions::from_mode(0o600)).unwrap();
            chown(&copy, Some(owner.uid()), Some(owner.gid())).unwrap();
        }
        fs::write(data.join("pg_hba.conf"), "hostssl all all 127.0.0.1/32 scram-sha-256\n").unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(options.split(" \"").next().unwrap());
        command.env_clear().current_dir("/").uid(owner.uid()).gid(owner.gid());
        command.arg("-D").arg(&data).args(["-k", "", "-p", &port.to_string()]);
        for setting in ["listen_addresses=127.0.0.1", "ssl=on", "ssl_cert_file=server.pem", "ssl_key_file=server.key"] {
            command.args(["-c", setting]);
        }
        let log = directory.join("tls.log");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(fs::File::create(&log).unwrap());
        let mut server = Self { process: command.spawn().unwrap(), directory, port };
        let start = Instant::now();
        while !fs::read_to_string(data.join("postmaster.pid")).is_ok_and(|file| file.contains("ready")) {
            let ended = server.process.try_wait().unwrap();
            assert!(
                ended.is_none() && start.elapsed() < Duration::from_secs(20),
                "the server with TLS does not start: {}",
                fs::read_to_string(&log).unwrap()
            );
            thread::sleep(Duration::from_millis(10));
        }
        server
    }

    fn url(&self, host: &str, parameters: &str) -> String {
        let password = "m%E1%BB%9F%20c%E1%BB%ADa%20kh%E1%BA%A9u%2F2025";
        format!("postgres://gate:{password}@{host}:{}/{DATABASE}?{parameters}", self.port)
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-QUIT", &self.process.id().to_string()]).status();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

async fn refusal(url: &str) -> ConnectError {
    match pool::connect(url).await {
        Ok(_) => panic!("it connected"),
        Err(error) => {
            // The pool says the same, though diesel passes on words alone.
            let Err(by_pool) = pool::pool(url, 1).unwrap().get().await else { panic!("the pool connected") };
            assert!(by_pool.to_string().contains(&error.to_string()), "{by_pool} is not {error}");
            for secret in [PASSWORD, "m%E1"] {
                assert!(!format!("{error} {error:?} {by_pool:?}").contains(secret), "{error} holds the password");
            }
            error
        }
    }
}

async fn cipher(url: &str) -> Option<String> {
    let (client, _) = pool::connect(url).await.unwrap();
    client.query_one("select version from pg_stat_ssl where pid = pg_backend_pid()", &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_server_is_trusted_as_far_as_the_address_asks() {
    let server = TlsServer::start().await;
    let authority = format!("sslrootcert={SUPPORT}/authority.pem");

    for mode in ["require", "verify-ca", "verify-full"] {
        let url = server.url("localhost", &format!("sslmode={mode}&{authority}"));
        assert_eq!(cipher(&url).await.as_deref(), Some("TLSv1.3"), "{mode}");
    }
    for parameters in ["", "sslmode=prefer", "sslmode=allow"] {
        assert_eq!(cipher(&server.url("127.0.0.1", parameters)).await.as_deref(), Some("TLSv1.3"), "{parameters:?}");
    }
    let stranger = refusal(&server.url("localhost", "sslmode=verify-full")).await;
    assert!(matches!(stranger, ConnectError::Insecure { .. }), "{stranger}");
    assert!(stranger.to_string().contains("UnknownIssuer"), "{stranger}");
    assert!(stranger.to_string().contains("sslrootcert="), "{stranger}");
    let wrong_name = refusal(&server.url("127.0.0.1", &format!("sslmode=verify-full&{authority}"))).await;
    assert!(matches!(wrong_name, ConnectError::Insecure { .. }), "{wrong_name}");
    let in_clear = refusal(&server.url("localhost", "sslmode=disable")).await;
    assert!(matches!(in_clear, ConnectError::Refused { .. }), "{in_clear}");
}

#[tokio::test]
async fn a_server_that_says_no_is_quoted_without_the_password() {
    let server = TlsServer::start().await;

    let wrong = refusal(&server.url("localhost", "").replace("2025", "2024")).await;
    assert!(wrong.to_string().contains("password authentication failed for user \"gate\""), "{wrong}");
    assert!(matches!(wrong, ConnectError::Refused { .. }), "{wrong:?}");

    let missing = refusal(&server.url("localhost", "").replace(DATABASE, "no_such_database")).await;
    assert!(missing.to_string().contains("database \"no_such_database\" does not exist"), "{missing}");
}

#[tokio::test]
async fn dead_and_read_only_servers_are_passed_over() {
    let directory = std::env::temp_dir().join(format!("bg-standby-{}", std::process::id()));
    let [first, primary] = ["standby", "primary"]
        .map(|name| EmbeddedCluster::start(&directory.join(name), Durability::Throwaway).unwrap());
    let (client, _) = pool::connect(&first.url(DATABASE)).await.unwrap();
    client.batch_execute("alter system set default_transaction_read_only = on").await.unwrap();
    client.batch_execute("select pg_reload_conf()").await.unwrap();
    let (standby, primary_socket) = (socket(&first), socket(&primary));
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let hosts = format!("host=127.0.0.1,{standby},{primary_socket} port={closed},5432,5432");

    let (client, _) = pool::connect(&format!("{hosts} user=border_gate dbname={DATABASE}")).await.unwrap();

    let reached: String = client.query_one("show data_directory", &[]).await.unwrap().get(0);
    assert!(reached.ends_with("primary/data"), "{reached}");
    let alone = format!("host={standby} user=border_gate dbname={DATABASE}");
    let said = refusal(&alone).await;
    assert!(matches!(said, ConnectError::ReadOnly { .. }), "{said}");
    assert!(said.to_string().contains("takes no writes"), "{said}");
    assert!(pool::connect(&format!("{alone} target_session_attrs=any")).await.is_ok());
    drop((first, primary));
    fs::remove_dir_all(directory).unwrap();
}

fn socket(cluster: &EmbeddedCluster) -> String {
    cluster.url("").split(' ').next().unwrap().replace("host=", "")
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let said = refusal(&format!("postgres://gate:m%E1@127.0.0.1:{closed}/records")).await;
    assert_eq!(
        said.to_string(),
        format!(
            "the database records at 127.0.0.1:{closed} as gate cannot be reached: \
             error connecting to server: Connection refused (os error 111)"
        )
    );
    let said = refusal("host=/nowhere user=gate dbname=records").await;
    assert!(said.to_string().starts_with("the database records at /nowhere as gate cannot be reached"), "{said}");
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let said = pool::connect(&format!("postgres://gate@127.0.0.1:{port}/records")).await.unwrap_err();
    assert!(matches!(said, ConnectError::TimedOut { .. }), "{said}");
}

#[tokio::test]
async fn nobody_waits_for_a_busy_pool_for_ever() {
    let database = TestDatabase::open().await;
    let pool = pool::pool(database.url(), 1).unwrap();
    let _only = pool.get().await.unwrap();
    let Err(said) = pool.get().await else { panic!("it got one") };
    assert!(matches!(said, pool::PoolError::Timeout(_)), "{said}");
}
