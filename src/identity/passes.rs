//! Gate passes as tokens: signed by the service's keys, verified by anybody who has the public ones, with no network.
//!
//! The algorithm is published in `docs/PASS.md`; it is written out here rather than left to a library, so that the
//! two can be read side by side.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use ed25519_dalek::{Signature, VerifyingKey};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::keys::Keys;
use super::tokens::{NotMade, Tokens};
use crate::domain::content::Direction;
use crate::domain::number::Number;
use crate::domain::pass::Pass;

/// The type in a pass's header. An access token has another: neither serves as the other.
pub const TYPE: &str = "gate-pass+jwt";

/// A longer token is no pass; it is not even decoded. Ours have some 400 characters.
const LONGEST: usize = 2_048;

/// The claims of a pass. Their names are short of nothing and long of nothing: every character makes the QR code denser.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    number: Number,
    revision: i32,
    plate: String,
    crossing_point: String,
    direction: Direction,
    nbf: i64,
    exp: i64,
}

/// Why a text is no pass of this gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPass {
    /// Not three parts in base64url, or no JSON in the first.
    #[error("it is no token")]
    NoToken,
    /// An access token, for instance.
    #[error("it is a token of another kind, not a gate pass")]
    OtherKind,
    /// Signed by a key that is not in the set.
    #[error("it is signed by a key that is not in the key set; the set may be older than the pass")]
    UnknownKey,
    /// Forged, or damaged.
    #[error("its signature does not hold: it is forged or damaged")]
    WrongSignature,
    /// Signed by us, and says what no pass says.
    #[error("it is signed, but does not say what a pass says")]
    Unreadable,
}

/// Why a text is no set of public keys.
#[derive(Debug, thiserror::Error)]
pub enum NoKeys {
    /// Not JSON.
    #[error("it is no JSON: {0}")]
    NoJson(#[from] serde_json::Error),
    /// No Ed25519 key in it.
    #[error("it holds no Ed25519 key (RFC 7517: an object with a list `keys`)")]
    None,
}

/// Signs a pass. The same pass always gives the same token.
///
/// # Errors
///
/// [`NotMade`].
pub fn issue(tokens: &Tokens, pass: &Pass) -> Result<String, NotMade> {
    let claims = Claims {
        number: pass.number,
        revision: pass.revision,
        plate: pass.plate.clone(),
        crossing_point: pass.crossing_point.clone(),
        direction: pass.direction,
        nbf: pass.from.timestamp(),
        exp: pass.until.timestamp(),
    };
    tokens.sign(TYPE, &claims)
}

/// The public keys by which passes are verified, each with its name.
#[derive(Clone, Debug)]
pub struct PublicKeys(Vec<(String, VerifyingKey)>);

impl PublicKeys {
    /// The public halves of the service's own keys.
    #[must_use]
    pub fn of(keys: &Keys) -> Self {
        // A key set always has a JSON form; were it not so, no pass would be taken for one of ours.
        Self(serde_json::to_value(keys.jwks()).map(|set| ed25519_keys(&set)).unwrap_or_default())
    }

    /// The keys of a saved key set, as `/.well-known/jwks.json` gives it. Keys of other kinds are passed over.
    ///
    /// # Errors
    ///
    /// [`NoKeys`].
    pub fn from_jwks(text: &str) -> Result<Self, NoKeys> {
        let keys = ed25519_keys(&serde_json::from_str(text)?);
        if keys.is_empty() { Err(NoKeys::None) } else { Ok(Self(keys)) }
    }

    /// These keys and another set's.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The pass that `token` is. Whether it is good here and now is [`Pass::check`]'s to say.
    ///
    /// # Errors
    ///
    /// [`NoPass`].
    pub fn read(&self, token: &str) -> Result<Pass, NoPass> {
        if token.len() > LONGEST {
            return Err(NoPass::NoToken);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(NoPass::NoToken)?;
        let (header, claims) = signed.split_once('.').ok_or(NoPass::NoToken)?;
        let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| NoPass::NoToken);
        let header: Value = serde_json::from_slice(&bytes(header)?).map_err(|_| NoPass::NoToken)?;
        let says = |name: &str| header.get(name).and_then(Value::as_str);
        // A header that asks for more than we know must not be passed over (RFC 7515, section 4.1.11).
        if says("typ") != Some(TYPE) || says("alg") != Some("EdDSA") || header.get("crit").is_some() {
            return Err(NoPass::OtherKind);
        }
        let (_, key) = self.0.iter().find(|(kid, _)| says("kid") == Some(kid)).ok_or(NoPass::UnknownKey)?;
        let signature = Signature::from_slice(&bytes(signature)?).map_err(|_| NoPass::WrongSignature)?;
        key.verify_strict(signed.as_bytes(), &signature).map_err(|_| NoPass::WrongSignature)?;
        let claims: Claims = serde_json::from_slice(&bytes(claims)?).map_err(|_| NoPass::Unreadable)?;
        let at = |seconds| DateTime::from_timestamp(seconds, 0).ok_or(NoPass::Unreadable);
        Ok(Pass {
            number: claims.number,
            revision: claims.revision,
            plate: claims.plate,
            crossing_point: claims.crossing_point,
            direction: claims.direction,
            from: at(claims.nbf)?,
            until: at(claims.exp)?,
        })
    }
}

fn ed25519_keys(set: &Value) -> Vec<(String, VerifyingKey)> {
    let keys = set.get("keys").and_then(Value::as_array).into_iter().flatten();
    keys.filter_map(|key| {
        let says = |name: &str| key.get(name).and_then(Value::as_str);
        if says("kty") != Some("OKP") || says("crv") != Some("Ed25519") {
            return None;
        }
        let public = URL_SAFE_NO_PAD.decode(says("x")?).ok()?;
        Some((says("kid")?.to_owned(), VerifyingKey::from_bytes(&public.try_into().ok()?).ok()?))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn pass() -> Pass {
        Pass {
            number: Number::from_i64(37 * 1_000_003).unwrap(),
            revision: 3,
            plate: "桂F12345".to_owned(),
            crossing_point: "HUU_NGHI".to_owned(),
            direction: Direction::Import,
            from: "2025-03-31T02:00:00Z".parse().unwrap(),
            until: "2025-04-15T02:00:00Z".parse().unwrap(),
        }
    }

    fn tokens() -> Tokens {
        Tokens::new(Arc::new(Keys::passing().unwrap()), "https://gate.test")
    }

    #[test]
    fn a_pass_reads_with_the_saved_keys_and_with_no_others() {
        let tokens = tokens();
        let token = issue(&tokens, &pass()).unwrap();
        assert_eq!(issue(&tokens, &pass()).unwrap(), token, "the same pass, the same token");
        let saved = serde_json::to_string(&tokens.keys().jwks()).unwrap();
        let keys = PublicKeys::from_jwks(&saved).unwrap();
        assert_eq!(keys.read(&token), Ok(pass()));
        let others = PublicKeys::of(&Keys::passing().unwrap());
        assert_eq!(others.read(&token), Err(NoPass::UnknownKey));
        assert_eq!(others.with(keys).read(&token), Ok(pass()));
    }

    #[test]
    fn no_change_to_a_pass_goes_unseen() {
        let tokens = tokens();
        let token = issue(&tokens, &pass()).unwrap();
        let keys = PublicKeys::of(tokens.keys());
        for place in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'Q' } else { b'A' };
            assert!(keys.read(&String::from_utf8(changed).unwrap()).is_err(), "at {place}");
            assert!(keys.read(&token[..place]).is_err(), "cut at {place}");
        }
        for nonsense in ["", ".", "..", "a.b.c", "é.é.é", &"A".repeat(100_000)] {
            assert_eq!(keys.read(nonsense), Err(NoPass::NoToken));
        }
    }

    #[test]
    fn what_is_signed_as_something_else_is_no_pass() {
        let tokens = tokens();
        let keys = PublicKeys::of(tokens.keys());
        let other = tokens.sign("at+jwt", &serde_json::json!({"number": "0"})).unwrap();
        assert_eq!(keys.read(&other), Err(NoPass::OtherKind));
        let other = tokens.sign(TYPE, &serde_json::json!({"number": "0"})).unwrap();
        assert_eq!(keys.read(&other), Err(NoPass::Unreadable));
    }

    #[test]
    fn a_key_set_without_a_key_of_ours_is_none() {
        assert!(matches!(PublicKeys::from_jwks("<html>"), Err(NoKeys::NoJson(_))));
        for set in [r"{}", r#"{"keys": []}"#, r#"{"keys": [{"kty": "RSA", "kid": "1"}]}"#, "[]"] {
            assert!(matches!(PublicKeys::from_jwks(set), Err(NoKeys::None)), "{set}");
        }
    }
}
