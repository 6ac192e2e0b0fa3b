//! What the service is told by environment and flags, checked as a whole before anything starts.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use secrecy::SecretString;

use crate::domain::firm::CheckDigit;

/// The settings as they are given: all of them texts, so that everything wrong is told at once.
#[derive(Args, Clone, Debug, Default)]
pub struct Given {
    /// PostgreSQL 15 or later; without it the service runs a private one under `DATA_DIR`
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// A file that holds the database's password, in place of one in the URL
    #[arg(long, env = "DATABASE_PASSWORD_FILE", global = true, value_name = "FILE")]
    database_password_file: Option<String>,
    /// The owner of the schema, who migrates; by default `DATABASE_URL`
    #[arg(long, env = "MIGRATE_DATABASE_URL", hide_env_values = true, global = true, value_name = "URL")]
    migrate_database_url: Option<String>,
    /// Where the private database and the signing key are kept [default: .data]
    #[arg(long, env = "DATA_DIR", global = true, value_name = "DIR")]
    data_dir: Option<String>,
    /// The address to listen on [default: 127.0.0.1:8080]
    #[arg(long, env = "LISTEN", global = true, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// How the service is reached from outside; tokens are issued in its name [default: <http://LISTEN>]
    #[arg(long, env = "PUBLIC_URL", global = true, value_name = "URL")]
    public_url: Option<String>,
    /// The Ed25519 key that signs (PKCS#8 PEM); made under `DATA_DIR` when it is not given
    #[arg(long, env = "SIGNING_KEY_FILE", global = true, value_name = "FILE")]
    signing_key_file: Option<String>,
    /// Older public keys whose tokens still hold (PEM), separated by commas
    #[arg(long, env = "VERIFY_KEY_FILES", global = true, value_name = "FILES")]
    verify_key_files: Option<String>,
    /// Threads that answer requests [default: one a processor]
    #[arg(long, env = "WORKERS", global = true, value_name = "N")]
    workers: Option<String>,
    /// Connections for reading, for each thread that answers [default: 4]
    #[arg(long, env = "POOL_SIZE", global = true, value_name = "N")]
    pool_size: Option<String>,
    /// Days after which what waits expires [default: 15]
    #[arg(long, env = "EXPIRE_AFTER_DAYS", global = true, value_name = "DAYS")]
    expire_after_days: Option<String>,
    /// Days after its end that a record's driver and crew are erased; 0 for never [default: 1826, five years]
    #[arg(long, env = "ERASE_PEOPLE_AFTER_DAYS", global = true, value_name = "DAYS")]
    erase_people_after_days: Option<String>,
    /// A file to append the record's checkpoints to, for copies elsewhere; beside the private database by default
    #[arg(long, env = "CHECKPOINT_FILE", global = true, value_name = "FILE")]
    checkpoint_file: Option<String>,
    /// A tax code's wrong check digit: enforced or warned [default: enforced]
    #[arg(long, env = "TAX_CODE_CHECK", global = true, value_name = "HOW")]
    tax_code_check: Option<String>,
    /// What is logged, such as info or `border_gate=debug` [default: info]
    #[arg(long, env = "LOG", global = true, value_name = "FILTER")]
    log: Option<String>,
    /// How it is logged: text or json [default: text]
    #[arg(long, env = "LOG_FORMAT", global = true, value_name = "FORMAT")]
    log_format: Option<String>,
}

/// The names of every variable that is read.
pub const VARIABLES: &[&str] = &[
    "DATABASE_URL",
    "DATABASE_PASSWORD_FILE",
    "MIGRATE_DATABASE_URL",
    "DATA_DIR",
    "LISTEN",
    "PUBLIC_URL",
    "SIGNING_KEY_FILE",
    "VERIFY_KEY_FILES",
    "WORKERS",
    "POOL_SIZE",
    "EXPIRE_AFTER_DAYS",
    "ERASE_PEOPLE_AFTER_DAYS",
    "CHECKPOINT_FILE",
    "TAX_CODE_CHECK",
    "LOG",
    "LOG_FORMAT",
];

/// How lines of the log look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// The settings, all of them good.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The database; none for the private one.
    pub database_url: Option<SecretString>,
    /// The database as its owner, for migrations.
    pub migrate_database_url: Option<SecretString>,
    /// Where the private database and the signing key are kept.
    pub data_dir: PathBuf,
    /// Where to listen.
    pub listen: SocketAddr,
    /// How the service is reached from outside, without a slash at the end.
    pub public_url: String,
    /// The key that signs, where it is given.
    pub signing_key_file: Option<PathBuf>,
    /// Older public keys.
    pub verify_key_files: Vec<PathBuf>,
    /// Threads that answer requests.
    pub workers: usize,
    /// Connections for reading, for each thread that answers.
    pub pool_size: usize,
    /// Days after which what waits expires.
    pub expire_after_days: i64,
    /// Days after its end that a record's people are erased; never without.
    pub erase_people_after_days: Option<i64>,
    /// The file that checkpoints are appended to.
    pub checkpoint_file: Option<PathBuf>,
    /// What a tax code's wrong check digit means.
    pub tax_code_check: CheckDigit,
    /// What is logged.
    pub log: String,
    /// How.
    pub log_format: LogFormat,
}

/// Everything that is wrong with the settings.
#[derive(Debug, PartialEq, Eq)]
pub struct Faults(pub Vec<String>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the settings are not right:")?;
        self.0.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
    }
}

impl std::error::Error for Faults {}

/// Reads one setting after the other and keeps what is wrong.
struct Reader(Vec<String>);

impl Reader {
    fn read<T>(
        &mut self,
        name: &str,
        given: Option<&str>,
        otherwise: T,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> T {
        // An empty variable is one that was not set: compose files and shells make such.
        let Some(text) = given.map(str::trim).filter(|text| !text.is_empty()) else { return otherwise };
        read(text).unwrap_or_else(|why| {
            self.0.push(format!("{name}={text:?}: {why}"));
            otherwise
        })
    }

    fn number(
        &mut self,
        name: &str,
        given: Option<&str>,
        otherwise: usize,
        range: std::ops::RangeInclusive<usize>,
    ) -> usize {
        let (low, high) = (*range.start(), *range.end());
        self.read(name, given, otherwise, |text| {
            text.parse()
                .ok()
                .filter(|number| range.contains(number))
                .ok_or_else(|| format!("it should be a whole number from {low} to {high}"))
        })
    }
}

impl Given {
    /// Checks all of them.
    ///
    /// # Errors
    ///
    /// [`Faults`] with everything that is wrong.
    pub fn check(self) -> Result<Settings, Faults> {
        let mut reader = Reader(Vec::new());
        let path = |text: &str| Ok(Some(PathBuf::from(text)));
        let listen = reader.read("LISTEN", self.listen.as_deref(), SocketAddr::from(([127, 0, 0, 1], 8080)), |text| {
            text.parse().map_err(|_| "it should be an address and a port, such as 0.0.0.0:8080".to_owned())
        });
        let public_url = reader.read("PUBLIC_URL", self.public_url.as_deref(), format!("http://{listen}"), |text| {
            if text.starts_with("https://") || text.starts_with("http://") {
                Ok(text.trim_end_matches('/').to_owned())
            } else {
                Err("it should begin with https:// or http://".to_owned())
            }
        });
        let password = reader.read("DATABASE_PASSWORD_FILE", self.database_password_file.as_deref(), None, |file| {
            let password = std::fs::read_to_string(file).map_err(|error| format!("it cannot be read: {error}"))?;
            Ok(Some(password.trim_end_matches(['\r', '\n']).to_owned()))
        });
        let url = |text: &str| {
            if text.starts_with("postgres://") || text.starts_with("postgresql://") || text.contains('=') {
                Ok(Some(text.to_owned()))
            } else {
                // The text may hold a password: it is not repeated.
                Err(String::new())
            }
        };
        let mut database = |name: &str, given: Option<&str>| {
            let read = given.map(str::trim).filter(|text| !text.is_empty()).map(url);
            match read {
                None => None,
                Some(Ok(url)) => url.map(|url| with_password(&url, password.as_deref())),
                Some(Err(_)) => {
                    reader.0.push(format!("{name}: it should look like postgres://user:password@host:5432/database"));
                    None
                }
            }
        };
        let database_url = database("DATABASE_URL", self.database_url.as_deref());
        let migrate_database_url = database("MIGRATE_DATABASE_URL", self.migrate_database_url.as_deref());
        if migrate_database_url.is_some() && self.database_url.is_none() {
            reader.0.push(
                "MIGRATE_DATABASE_URL is given without DATABASE_URL: the private database has one login".to_owned(),
            );
        }
        let data_dir =
            reader.read("DATA_DIR", self.data_dir.as_deref(), None, path).unwrap_or_else(|| PathBuf::from(".data"));
        // Beside a database elsewhere there may be no disk that outlives the process.
        let beside = database_url.is_none().then(|| data_dir.join("checkpoints.ndjson"));
        let erase_people_after_days =
            reader.number("ERASE_PEOPLE_AFTER_DAYS", self.erase_people_after_days.as_deref(), 1_826, 0..=36_525);
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let settings = Settings {
            database_url,
            migrate_database_url,
            data_dir,
            listen,
            public_url,
            signing_key_file: reader.read("SIGNING_KEY_FILE", self.signing_key_file.as_deref(), None, path),
            verify_key_files: reader.read("VERIFY_KEY_FILES", self.verify_key_files.as_deref(), Vec::new(), |text| {
                Ok(text.split(',').map(|file| PathBuf::from(file.trim())).collect())
            }),
            workers: reader.number("WORKERS", self.workers.as_deref(), processors, 1..=256),
            pool_size: reader.number("POOL_SIZE", self.pool_size.as_deref(), 4, 1..=256),
            expire_after_days: i64::try_from(reader.number(
                "EXPIRE_AFTER_DAYS",
                self.expire_after_days.as_deref(),
                15,
                1..=365,
            ))
            .unwrap_or(15),
            erase_people_after_days: i64::try_from(erase_people_after_days).ok().filter(|days| *days > 0),
            checkpoint_file: reader.read("CHECKPOINT_FILE", self.checkpoint_file.as_deref(), beside, path),
            tax_code_check: reader.read(
                "TAX_CODE_CHECK",
                self.tax_code_check.as_deref(),
                CheckDigit::Enforced,
                |text| match text {
                    "enforced" => Ok(CheckDigit::Enforced),
                    "warned" => Ok(CheckDigit::Warned),
                    _ => Err("it should be enforced or warned".to_owned()),
                },
            ),
            log: reader.read("LOG", self.log.as_deref(), "info".to_owned(), |text| {
                match text.parse::<tracing_subscriber::filter::EnvFilter>() {
                    Ok(_) => Ok(text.to_owned()),
                    Err(error) => Err(format!("it should be a filter such as info or border_gate=debug: {error}")),
                }
            }),
            log_format: reader.read("LOG_FORMAT", self.log_format.as_deref(), LogFormat::Text, |text| match text {
                "text" => Ok(LogFormat::Text),
                "json" => Ok(LogFormat::Json),
                _ => Err("it should be text or json".to_owned()),
            }),
        };
        if reader.0.is_empty() { Ok(settings) } else { Err(Faults(reader.0)) }
    }
}

/// The address with `password` in it, where one is given apart.
fn with_password(url: &str, password: Option<&str>) -> SecretString {
    let Some(password) = password else { return SecretString::from(url.to_owned()) };
    if url.contains("://") {
        let encoded: String = password
            .bytes()
            .map(
                |byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") },
            )
            .collect();
        let joint = if url.contains('?') { '&' } else { '?' };
        SecretString::from(format!("{url}{joint}password={encoded}"))
    } else {
        let quoted = password.replace('\\', "\\\\").replace('\'', "\\'");
        SecretString::from(format!("{url} password='{quoted}'"))
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn every_fault_is_listed_at_once_and_no_password_among_them() {
        let given = Given {
            listen: Some("8080".into()),
            workers: Some("0".into()),
            tax_code_check: Some("maybe".into()),
            database_url: Some("mysql://root:hunter2@db".into()),
            log_format: Some("xml".into()),
            ..Given::default()
        };
        let faults = given.check().unwrap_err().to_string();
        for name in ["LISTEN", "WORKERS", "TAX_CODE_CHECK", "DATABASE_URL", "LOG_FORMAT"] {
            assert!(faults.contains(name), "{faults}");
        }
        assert!(!faults.contains("hunter2"), "{faults}");
    }

    #[test]
    fn what_is_not_set_or_empty_has_its_default() {
        let settings = Given { listen: Some(" ".into()), ..Given::default() }.check().unwrap();
        assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(settings.public_url, "http://127.0.0.1:8080");
        assert_eq!(settings.expire_after_days, 15);
        assert!(settings.database_url.is_none());
    }

    #[test]
    fn a_password_from_a_file_stands_in_the_address_and_in_no_debug_text() {
        let url = with_password("postgres://gate@db/gate", Some("p@ss w/rd"));
        assert_eq!(url.expose_secret(), "postgres://gate@db/gate?password=p%40ss%20w%2Frd");
        assert!(!format!("{url:?}").contains("p%40ss"));
        assert!(url.expose_secret().parse::<tokio_postgres::Config>().unwrap().get_password() == Some(b"p@ss w/rd"));
    }

    #[test]
    fn every_variable_is_named() {
        use clap::CommandFactory;
        #[derive(clap::Parser)]
        struct Cli {
            #[command(flatten)]
            given: Given,
        }
        let command = Cli::command();
        let read: Vec<String> =
            command.get_arguments().filter_map(|one| one.get_env()).map(|name| name.to_string_lossy().into()).collect();
        assert_eq!(read, VARIABLES);
    }
}
