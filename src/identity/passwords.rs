//! Passwords: which ones are taken, and how they are kept (argon2id).

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use argon2::password_hash::{self, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

use crate::domain::rule_failure::RuleFailure;

/// Fewer characters are guessed too soon.
pub const SHORTEST: usize = 10;

/// More than a passphrase needs; a bound on the work.
pub const LONGEST: usize = 128;

/// So many are worked on at once: each takes 19 MiB and most of a processor for 20 ms.
const AT_ONCE: usize = 2;

/// How long a password waits for its turn.
const PATIENCE: Duration = Duration::from_secs(3);

/// Words that common passwords are made of.
static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").split_ascii_whitespace().collect());

/// Why a password could not be hashed or compared.
#[derive(Debug, thiserror::Error)]
pub enum PasswordFault {
    /// Too many wait already.
    #[error("too many passwords wait to be looked at")]
    Busy,
    /// A fault of ours, such as a stored hash that cannot be read.
    #[error("the password could not be hashed: {0}")]
    Hashing(password_hash::Error),
    /// The work was stopped.
    #[error("hashing was stopped")]
    Stopped,
}

/// Hashes passwords and compares them.
#[derive(Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    turns: Arc<Semaphore>,
    /// What the password of an account that is not there is compared with: the answer takes as long.
    nobodys: Arc<str>,
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Passwords").field("params", self.argon2.params()).finish_non_exhaustive()
    }
}

impl Passwords {
    /// With the parameters that OWASP's password storage cheat sheet asks for: 19 MiB, two passes, one lane.
    ///
    /// # Errors
    ///
    /// Where hashing does not work at all.
    pub fn new() -> Result<Self, PasswordFault> {
        Self::with(Params::DEFAULT)
    }

    /// With next to no work, for tests that sign in often. Never for a service that anybody uses.
    ///
    /// # Errors
    ///
    /// Where hashing does not work at all.
    pub fn cheap_for_tests() -> Result<Self, PasswordFault> {
        Self::with(Params::new(8, 1, 1, None).map_err(|error| PasswordFault::Hashing(error.into()))?)
    }

    fn with(params: Params) -> Result<Self, PasswordFault> {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let nobodys = hash(&argon2, "nobody's")?.into();
        Ok(Self { argon2, turns: Arc::new(Semaphore::new(AT_ONCE)), nobodys })
    }

    /// The hash to keep of a password, with a salt of its own.
    ///
    /// # Errors
    ///
    /// [`PasswordFault`].
    pub async fn hash(&self, password: &str) -> Result<String, PasswordFault> {
        let (argon2, password) = (self.argon2.clone(), normal(password));
        self.work(move || hash(&argon2, &password)).await
    }

    /// Whether the password is the one whose hash was kept. Without a hash it is not, after the same time.
    ///
    /// # Errors
    ///
    /// [`PasswordFault`].
    pub async fn matches(&self, password: &str, kept: Option<&str>) -> Result<bool, PasswordFault> {
        let (argon2, password) = (self.argon2.clone(), normal(password));
        let there = kept.is_some();
        let kept = kept.map_or_else(|| self.nobodys.to_string(), str::to_owned);
        self.work(move || match argon2.verify_password(password.as_bytes(), kept.as_str()) {
            Ok(()) => Ok(there),
            Err(password_hash::Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(PasswordFault::Hashing(error)),
        })
        .await
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordFault> + Send + 'static,
    ) -> Result<T, PasswordFault> {
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned());
        let turn = turn.await.map_err(|_| PasswordFault::Busy)?.map_err(|_| PasswordFault::Stopped)?;
        let working = tokio::task::spawn_blocking(move || {
            // Held until the work is done, also where nobody waits for it any more.
            let _turn = turn;
            work()
        });
        working.await.map_err(|_| PasswordFault::Stopped)?
    }
}

fn hash(argon2: &Argon2<'_>, password: &str) -> Result<String, PasswordFault> {
    let hash: password_hash::phc::PasswordHash =
        argon2.hash_password(password.as_bytes()).map_err(PasswordFault::Hashing)?;
    Ok(hash.to_string())
}

/// The one form of a password that keyboards write in several: ệ as one character or as three.
fn normal(password: &str) -> String {
    password.nfkc().collect()
}

/// What is wrong with a new password, at `pointer`.
#[must_use]
pub fn check(password: &str, username: &str, pointer: &str) -> Option<RuleFailure> {
    let length = password.nfkc().count();
    if length < SHORTEST {
        return Some(RuleFailure::new(pointer, "password-short").with("minimum", SHORTEST));
    }
    if length > LONGEST {
        return Some(RuleFailure::new(pointer, "password-long").with("maximum", LONGEST));
    }
    is_common(password, username).then(|| RuleFailure::new(pointer, "password-common"))
}

/// Whether a password is made of common words or the user's own name with decoration, or of next to no letters.
fn is_common(password: &str, username: &str) -> bool {
    let lower = password.to_lowercase();
    let different: HashSet<char> = lower.chars().collect();
    let username = letters(username, false);
    // Digits alone are numbers, dates and rows of keys: there are too few of those.
    different.len() < 4
        || [false, true].into_iter().any(|undo| {
            let letters = letters(password, undo);
            letters.is_empty() || is_of_common_words(&letters, &username)
        })
}

/// Whether `text` is one common word after another, or `also`.
fn is_of_common_words(text: &str, also: &str) -> bool {
    // For each place whether words lead up to it.
    let mut reached = vec![false; text.len() + 1];
    if let Some(start) = reached.first_mut() {
        *start = true;
    }
    for end in 1..=text.len() {
        let leads = (0..end).any(|start| {
            let word = text.get(start..end);
            reached.get(start) == Some(&true)
                && word.is_some_and(|word| word.len() >= 3 && (COMMON.contains(word) || also == word))
        });
        if let Some(place) = reached.get_mut(end) {
            *place = leads;
        }
    }
    !text.is_empty() && reached.last() == Some(&true)
}

/// The letters of a password in lower case without their marks; `undo` takes back the usual substitutions, so that
/// `P@ssw0rd-2025!` is `password`.
fn letters(password: &str, undo: bool) -> String {
    // At the ends, digits are decoration; within, they may stand for letters.
    let inner = password.trim_end_matches(|c: char| !c.is_alphabetic()).trim_start_matches(char::is_numeric);
    let lower = inner.to_lowercase();
    let letters = lower.nfd().filter_map(|c| match c {
        '0' if undo => Some('o'),
        '1' | '!' if undo => Some('i'),
        '3' if undo => Some('e'),
        '4' | '@' if undo => Some('a'),
        '5' | '$' if undo => Some('s'),
        'đ' => Some('d'),
        c if c.is_alphabetic() => Some(c),
        _ => None,
    });
    letters.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(password: &str) -> Option<&'static str> {
        check(password, "border_guard", "/password").map(|failure| failure.code)
    }

    #[test]
    fn what_everybody_tries_first_is_refused() {
        for common in [
            "password123",
            "P@ssw0rd2025!",
            "passwordpassword",
            "1234567890",
            "0987654321",
            "qwertyuiop",
            "1qaz2wsx3edc",
            "aaaaaaaaaaaa",
            "abababababab",
            "border_guard",
            "Border.Guard.2025",
            "AdminAdmin1!",
            "welcome-admin-2025",
            "Mật khẩu 123456",
            "cua-khau-so-2025",
            "iloveyou2025!!",
        ] {
            assert_eq!(code(common), Some("password-common"), "{common}");
        }
    }

    #[test]
    fn what_nobody_guesses_is_taken() {
        for good in [
            "tram-kiem-soat-7-xanh",
            "vGh2 kd9Q pp1x",
            "ba con trâu đi qua đèo",
            "lorry.unmoved.harvest",
            "边境的三匹白马跑过山",
        ] {
            assert_eq!(code(good), None, "{good}");
        }
        assert_eq!(code("ngắn quá"), Some("password-short"));
        assert_eq!(code(&"dài".repeat(43)), Some("password-long"));
    }

    #[tokio::test]
    async fn a_password_matches_its_own_hash_however_its_letters_are_composed() {
        let passwords = Passwords::cheap_for_tests().unwrap();
        let kept = passwords.hash("kiểm dịch thực vật").await.unwrap();
        assert!(kept.starts_with("$argon2id$"));
        let decomposed: String = "kiểm dịch thực vật".nfd().collect();
        assert!(passwords.matches(&decomposed, Some(&kept)).await.unwrap());
        assert!(!passwords.matches("kiểm dịch động vật", Some(&kept)).await.unwrap());
        assert!(!passwords.matches("nobody's", None).await.unwrap());
    }

    #[test]
    fn the_service_hashes_with_the_full_work() {
        assert_eq!(Passwords::new().unwrap().argon2.params(), &Params::DEFAULT);
    }
}
