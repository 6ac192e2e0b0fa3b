//! The binary: `border-gate serve` and what an operator needs beside it.

use std::path::PathBuf;
use std::process::ExitCode;

use border_gate::settings::{Given, Settings};
use border_gate::telemetry;
use clap::{Parser, Subcommand};

mod commands;

/// Chosen by measurement: see docs/decisions/0007-threads-and-memory.md.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What mimalloc is asked for, by options of mimalloc.h that the crate has no names for.
const OPTIONS: [(libmimalloc_sys::mi_option_t, std::ffi::c_long); 2] = [
    // `mi_option_purge_delay`: the milliseconds for which memory that is free is kept before the system has it back; by itself a second.
    // It goes back when mimalloc looks for it, after so many allocations: at a tenth of a second what a thousand readers had needed stayed.
    (15, 10),
    // `mi_option_arena_max_object_size`, in KiB: larger pieces come from the system, and go back to it when they are freed. Hashing
    // a password takes 19 MiB for some 20 ms, and buffers come by the half megabyte: kept among the rest, they were kept for good.
    (45, 256),
];

#[expect(
    unsafe_code,
    reason = "an option is set by mimalloc's C function alone; it takes two numbers and touches no memory of ours"
)]
fn give_memory_back_soon() {
    for (option, value) in OPTIONS {
        unsafe { libmimalloc_sys::mi_option_set_default(option, value) }
    }
}

/// The digital border gate of a province
#[derive(Parser)]
#[command(
    version,
    about,
    after_help = "Every setting can be given by flag or environment; see .env.example.\n\nExample:\n  border-gate serve --demo"
)]
struct Cli {
    #[command(flatten)]
    settings: Given,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the service (the default)
    #[command(after_help = "Example:\n  border-gate serve --listen 0.0.0.0:8080")]
    Serve {
        /// With the demo's accounts, firms and figures; listens on this machine alone
        #[arg(long)]
        demo: bool,
    },
    /// Bring the database's schema up to date
    #[command(
        after_help = "Example:\n  MIGRATE_DATABASE_URL=postgres://owner@db/gate DATABASE_URL=postgres://gate@db/gate border-gate migrate"
    )]
    Migrate,
    /// Take in declarations or an older system's records from a CSV or NDJSON file
    #[command(
        after_help = "A second run of the same file does nothing twice. Exit codes: 0 every line was taken in, 1 some were not, 2 used wrongly.\n\nExamples:\n  border-gate import histories.ndjson --create-firms\n  border-gate import vehicles.csv --firm 0100112437 --dry-run"
    )]
    Import(commands::import::Arguments),
    /// Accounts of people
    #[command(subcommand)]
    Account(AccountCommand),
    /// Print an access token of an account, good for 15 minutes
    #[command(after_help = "Example:\n  border-gate token analyst")]
    Token {
        /// The account's name
        username: String,
    },
    /// Recount everything and say where the counters differ from the declarations: they must not
    #[command(
        after_help = "Exit codes: 0 no difference, 1 a difference, or it could not be told.\n\nExample:\n  border-gate doctor"
    )]
    Doctor,
    /// Say whether a gate pass is good, without asking the service
    #[command(
        after_help = "Exit codes: 0 good, 1 not good, 2 used wrongly.\n\nExamples:\n  border-gate verify-pass eyJ0eXAi… --keys gate-keys.json --plate 12C12345 --crossing-point HUU_NGHI\n  border-gate verify-pass - --keys https://gate.example/.well-known/jwks.json < scanned.txt"
    )]
    VerifyPass(commands::verify_pass::Arguments),
    /// Check the record against itself: chains, rows, checkpoints and their signatures
    #[command(
        after_help = "Exit codes: 0 no difference, 1 a difference, or it could not be told, 2 used wrongly.\n\nExamples:\n  border-gate verify-audit\n  border-gate verify-audit --checkpoints /mnt/elsewhere/checkpoints.ndjson\n  border-gate verify-audit --export record.ndjson --keys jwks.json"
    )]
    VerifyAudit(commands::audit::VerifyArguments),
    /// Write the whole record in one snapshot to a file that `verify-audit --export` checks
    #[command(
        after_help = "Without the people, unless --with-people is given: the file outlives their erasure.\n\nExample:\n  border-gate export-audit record.ndjson"
    )]
    ExportAudit(commands::audit::ExportArguments),
    /// Write the contract (OpenAPI 3.1) to a file or to standard output
    #[command(after_help = "Example:\n  border-gate openapi openapi/border-gate.json")]
    Openapi {
        /// The file to write
        file: Option<PathBuf>,
    },
    /// Ask a running service whether it is ready: exit 0 when it is
    #[command(after_help = "Example:\n  border-gate healthcheck")]
    Healthcheck,
    /// For the tests alone: keeps the cluster that they share
    #[command(hide = true)]
    TestCluster {
        /// Where it is kept
        directory: PathBuf,
    },
}

#[derive(Subcommand)]
enum AccountCommand {
    /// Make an account; the first administrator is made so
    #[command(
        after_help = "Examples:\n  border-gate account create thanh --role admin\n  border-gate account create lan --role customs_officer --crossing-points HUU_NGHI,TAN_THANH --password-file lan.txt"
    )]
    Create(commands::account::Arguments),
}

fn main() -> ExitCode {
    give_memory_back_soon();
    let cli = Cli::parse();
    let settings = match cli.settings.check() {
        Ok(settings) => settings,
        Err(faults) => {
            eprintln!("border-gate: {faults}");
            return ExitCode::from(2);
        }
    };
    telemetry::log(&settings.log, settings.log_format);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("border-gate: no threads to run on: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(cli.command.unwrap_or(Command::Serve { demo: false }), settings)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("border-gate: {error:#}");
            if error.is::<commands::UsedWrongly>() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

async fn run(command: Command, settings: Settings) -> anyhow::Result<()> {
    match command {
        Command::Serve { demo } => commands::serve::serve(settings, demo).await,
        Command::Migrate => commands::migrate::migrate(&settings).await,
        Command::Import(arguments) => commands::import::import(&settings, arguments).await,
        Command::Account(AccountCommand::Create(arguments)) => commands::account::create(&settings, arguments).await,
        Command::Token { username } => commands::account::token(&settings, &username).await,
        Command::Doctor => commands::doctor::doctor(&settings).await,
        Command::VerifyPass(arguments) => commands::verify_pass::verify(&arguments),
        Command::VerifyAudit(arguments) => commands::audit::verify(&settings, arguments).await,
        Command::ExportAudit(arguments) => commands::audit::export(&settings, arguments).await,
        Command::Openapi { file } => commands::openapi::write(file.as_deref()),
        Command::Healthcheck => commands::healthcheck::healthcheck(&settings).await,
        Command::TestCluster { directory } => Ok(border_gate::storage::embedded::shared::keep(&directory)?),
    }
}
