//! The service's Ed25519 keys: one signs, several may verify, so that a new one can take over without a gap.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use hmac::{Hmac, Mac};
use jsonwebtoken::jwk::{Jwk, JwkSet, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use sha2::Sha256;

use crate::domain::audit::verify::Signatures;

/// What stands before the 32 bytes of a private key in its file: PKCS#8 version 1 (RFC 8410, section 7). Version 2
/// also names the public key; not every reader takes it.
const PRIVATE_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// What stands before the 32 bytes of a public key in its file (RFC 8410, section 4).
const PUBLIC_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// Why there are no keys to work with.
#[derive(Debug, thiserror::Error)]
pub enum KeyFault {
    /// The file cannot be read or made.
    #[error("the key file {file} cannot be used: {cause}")]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The file holds something else.
    #[error("{file} is no Ed25519 key as PEM; `openssl genpkey -algorithm ed25519 -out {file}` makes one")]
    NoKey {
        /// Which.
        file: PathBuf,
    },
    /// The system gives no randomness.
    #[error("no random bytes for a new key: {0}")]
    NoRandomness(getrandom::Error),
}

/// A key that verifies, under the name by which tokens call it.
struct Verifier {
    kid: String,
    jwk: Jwk,
    key: DecodingKey,
    public: VerifyingKey,
}

/// The keys of the service; all instances share them.
pub struct Keys {
    seed: SigningKey,
    encoding: EncodingKey,
    /// The first is the signing key's own.
    verifiers: Vec<Verifier>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("kid", &self.kid()).finish_non_exhaustive()
    }
}

impl Keys {
    /// The keys of `data_dir`, made on the first start: `keys/signing.pem`, readable by its owner alone.
    /// Every other `keys/*.pem` verifies what it signed before.
    ///
    /// # Errors
    ///
    /// [`KeyFault`], naming the file.
    pub fn open(data_dir: &Path) -> Result<Self, KeyFault> {
        let directory = data_dir.join("keys");
        let at = |file: &Path| {
            let file = file.to_owned();
            move |cause| KeyFault::File { file, cause }
        };
        fs::create_dir_all(&directory).map_err(at(&directory))?;
        let signing = directory.join("signing.pem");
        if !signing.try_exists().map_err(at(&signing))? {
            make(&directory, &signing)?;
        }
        let mut others = Vec::new();
        for entry in fs::read_dir(&directory).map_err(at(&directory))? {
            let path = entry.map_err(at(&directory))?.path();
            if path != signing && path.extension().is_some_and(|extension| extension == "pem") {
                others.push(path);
            }
        }
        others.sort();
        Self::from_files(&signing, &others)
    }

    /// The keys in files that the operator gives: one to sign, and older or coming ones (private or public) to
    /// verify as well.
    ///
    /// # Errors
    ///
    /// [`KeyFault`], naming the file.
    pub fn from_files(signing: &Path, verifying: &[PathBuf]) -> Result<Self, KeyFault> {
        let no_key = |file: &Path| KeyFault::NoKey { file: file.to_owned() };
        let read =
            |file: &Path| fs::read_to_string(file).map_err(|cause| KeyFault::File { file: file.to_owned(), cause });
        let seed = private_key(&read(signing)?).ok_or_else(|| no_key(signing))?;
        let mut public = Vec::new();
        for file in verifying {
            let pem = read(file)?;
            let key = private_key(&pem).map(|key| key.verifying_key()).or_else(|| public_key(&pem));
            public.push(key.ok_or_else(|| no_key(file))?);
        }
        Self::of(seed, &public).ok_or_else(|| no_key(signing))
    }

    /// Keys that are gone with the process, for tests and for a try.
    ///
    /// # Errors
    ///
    /// [`KeyFault::NoRandomness`].
    pub fn passing() -> Result<Self, KeyFault> {
        Self::of(new_seed()?, &[]).ok_or_else(|| KeyFault::NoKey { file: PathBuf::new() })
    }

    fn of(seed: SigningKey, others: &[VerifyingKey]) -> Option<Self> {
        let mut verifiers = vec![Verifier::of(&seed.verifying_key())?];
        for other in others {
            let verifier = Verifier::of(other)?;
            if verifiers.iter().all(|known| known.kid != verifier.kid) {
                verifiers.push(verifier);
            }
        }
        Some(Self { encoding: EncodingKey::from_ed_der(&private_der(&seed)), seed, verifiers })
    }

    /// The name of the signing key: its RFC 7638 thumbprint.
    #[must_use]
    pub fn kid(&self) -> &str {
        self.verifiers.first().map_or("", |verifier| verifier.kid.as_str())
    }

    /// The public keys, as the key set of RFC 7517.
    #[must_use]
    pub fn jwks(&self) -> JwkSet {
        JwkSet { keys: self.verifiers.iter().map(|verifier| verifier.jwk.clone()).collect() }
    }

    /// The public keys, for whoever checks signatures without the service.
    #[must_use]
    pub fn public_keys(&self) -> PublicKeys {
        PublicKeys(self.verifiers.iter().map(|verifier| (verifier.kid.clone(), verifier.public)).collect())
    }

    /// Signs bytes as they are, such as a checkpoint of the record.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.seed.sign(message).to_bytes()
    }

    /// The public half of the signing key.
    #[must_use]
    pub fn public(&self) -> VerifyingKey {
        self.seed.verifying_key()
    }

    /// A secret for one purpose, which says nothing about the signing key or about other purposes.
    #[must_use]
    pub fn secret_for(&self, purpose: &str) -> [u8; 32] {
        keyed(self.seed.as_bytes(), purpose.as_bytes())
    }

    /// What jsonwebtoken signs with.
    pub(super) const fn encoding(&self) -> &EncodingKey {
        &self.encoding
    }

    /// What verifies a token that names `kid`.
    pub(super) fn verifying(&self, kid: &str) -> Option<&DecodingKey> {
        self.verifiers.iter().find(|verifier| verifier.kid == kid).map(|verifier| &verifier.key)
    }
}

/// Public keys by their names, without the service's own secrets.
#[derive(Clone, Debug)]
pub struct PublicKeys(Vec<(String, VerifyingKey)>);

impl PublicKeys {
    /// The keys in a text: a key set as `/.well-known/jwks.json` gives it, or one public key as PEM. None, where it is
    /// neither.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let keys: Vec<VerifyingKey> = if let Some(key) = public_key(text) {
            vec![key]
        } else {
            let set: serde_json::Value = serde_json::from_str(text).ok()?;
            let of = |jwk: &serde_json::Value| {
                let bytes = URL_SAFE_NO_PAD.decode(jwk.get("x")?.as_str()?).ok()?;
                VerifyingKey::from_bytes(&bytes.try_into().ok()?).ok()
            };
            set.get("keys")?.as_array()?.iter().filter_map(of).collect()
        };
        let named = keys.iter().filter_map(|key| Some((Verifier::of(key)?.kid, *key)));
        Some(Self(named.collect())).filter(|keys| !keys.0.is_empty())
    }
}

impl Signatures for PublicKeys {
    fn is_by(&self, key_id: &str, message: &[u8], signature: &[u8; 64]) -> Option<bool> {
        let (_, key) = self.0.iter().find(|(kid, _)| kid == key_id)?;
        Some(key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
    }
}

impl Verifier {
    fn of(public: &VerifyingKey) -> Option<Self> {
        let key = DecodingKey::from_ed_components(&URL_SAFE_NO_PAD.encode(public.as_bytes())).ok()?;
        let mut jwk: Jwk = serde_json::from_value(serde_json::json!({
            "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(public.as_bytes()),
            "alg": "EdDSA", "use": "sig",
        }))
        .ok()?;
        let kid = jwk.thumbprint(ThumbprintHash::SHA256).ok()?;
        jwk.common.key_id = Some(kid.clone());
        debug_assert_eq!(jwk.common.key_algorithm.map(|it| it.to_string()), Some(format!("{:?}", Algorithm::EdDSA)));
        Some(Self { kid, jwk, key, public: *public })
    }
}

/// HMAC-SHA256 of `message` under `key`.
#[must_use]
pub fn keyed(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    // A key of any length is taken, so there is no error to speak of.
    Hmac::<Sha256>::new_from_slice(key).map_or([0; 32], |mac| mac.chain_update(message).finalize().into_bytes().into())
}

fn new_seed() -> Result<SigningKey, KeyFault> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(KeyFault::NoRandomness)?;
    Ok(SigningKey::from_bytes(&seed))
}

/// Makes the file of a new key, whole or not at all: of two that start at once the first wins, and both use its key.
fn make(directory: &Path, signing: &Path) -> Result<(), KeyFault> {
    let draft = directory.join(format!("signing.{}.new", std::process::id()));
    let at = |file: &Path, cause| KeyFault::File { file: file.to_owned(), cause };
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode(private_der(&new_seed()?))
    );
    // Left by one with the same process id that was killed.
    let _ = fs::remove_file(&draft);
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft).map_err(|cause| at(&draft, cause))?;
    file.write_all(pem.as_bytes()).and_then(|()| file.sync_all()).map_err(|cause| at(&draft, cause))?;
    let linked = fs::hard_link(&draft, signing);
    let _ = fs::remove_file(&draft);
    match linked {
        Err(cause) if cause.kind() != io::ErrorKind::AlreadyExists => return Err(at(signing, cause)),
        Ok(()) | Err(_) => {}
    }
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(|cause| at(directory, cause))
}

fn private_der(seed: &SigningKey) -> Vec<u8> {
    [&PRIVATE_PREFIX[..], seed.as_bytes()].concat()
}

/// The private key in a PEM text, in PKCS#8 version 1.
fn private_key(pem: &str) -> Option<SigningKey> {
    let der = unwrapped(pem, "PRIVATE KEY")?;
    Some(SigningKey::from_bytes(der.strip_prefix(&PRIVATE_PREFIX)?.try_into().ok()?))
}

fn public_key(pem: &str) -> Option<VerifyingKey> {
    let der = unwrapped(pem, "PUBLIC KEY")?;
    VerifyingKey::from_bytes(der.strip_prefix(&PUBLIC_PREFIX)?.try_into().ok()?).ok()
}

/// The bytes between the lines that begin and end `label`.
fn unwrapped(pem: &str, label: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    STANDARD.decode(body.split_ascii_whitespace().collect::<String>()).ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_that_openssl_made_reads_and_names_itself_as_the_rfc_says() {
        // RFC 8410, section 10.3, and the thumbprint of its public half (RFC 8037, appendix A.3 computes one so).
        let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
        let public = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
        assert_eq!(private_key(pem).unwrap().verifying_key(), public_key(public).unwrap());
        assert!(private_key(public).is_none() && public_key(pem).is_none());

        let seed = URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let keys = Keys::of(SigningKey::from_bytes(&seed.try_into().unwrap()), &[]).unwrap();
        assert_eq!(keys.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", "RFC 8037, appendix A.3");
        let set = serde_json::to_value(keys.jwks()).unwrap();
        assert_eq!(
            set,
            serde_json::json!({"keys": [{
                "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
                "alg": "EdDSA", "use": "sig", "kid": keys.kid(),
            }]})
        );
    }

    #[test]
    fn the_first_start_makes_a_key_that_the_next_ones_use_and_nobody_else_reads() {
        let directory = std::env::temp_dir().join(format!("border-gate-keys-{}", std::process::id()));
        let first = Keys::open(&directory).unwrap();
        let file = directory.join("keys/signing.pem");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(Keys::open(&directory).unwrap().kid(), first.kid());

        fs::rename(&file, directory.join("keys/2025.pem")).unwrap();
        let second = Keys::open(&directory).unwrap();
        assert_ne!(second.kid(), first.kid());
        assert!(second.verifying(first.kid()).is_some(), "the old key still verifies");

        fs::write(&file, "nonsense").unwrap();
        assert!(Keys::open(&directory).unwrap_err().to_string().contains("openssl genpkey"));
        fs::remove_dir_all(&directory).unwrap();
    }
}
