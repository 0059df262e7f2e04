//! Passwords of people and the keys of their sessions: argon2id for what people choose, plain SHA-256 for what chance
//! chose. Who may do what is not known here.

use crate::ports::Chance;
use crate::vault::Secret;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use sha2::{Digest, Sha256};

/// What OWASP recommends for argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

const KEY_BYTES: usize = 32;
pub const PASSWORD_CHARS_MIN: usize = 12;
pub const PASSWORD_CHARS_MAX: usize = 200;

/// A hash of these costs that no password fits: checking it takes as long as checking a real one.
pub const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why a password is not taken; `None`: it is.
pub fn refused(password: &str, name: &str) -> Option<String> {
    let chars = password.chars().count();
    if chars < PASSWORD_CHARS_MIN {
        return Some(format!(
            "A password has at least {PASSWORD_CHARS_MIN} characters. A short sentence is good and easy to remember."
        ));
    }
    if chars > PASSWORD_CHARS_MAX {
        return Some(format!("A password has at most {PASSWORD_CHARS_MAX} characters."));
    }
    let distinct: std::collections::BTreeSet<char> = password.chars().collect();
    if distinct.len() < 5 || (!name.is_empty() && password.to_lowercase().contains(&name.to_lowercase())) {
        return Some(
            "That would be guessed soon. Take a short sentence that nobody else would write.".to_owned(),
        );
    }
    None
}

/// The hash to keep, with its costs and salt in it. Slow on purpose.
pub fn hash(password: &Secret, chance: &dyn Chance) -> Result<String, String> {
    let mut salt = [0_u8; 16];
    fill(&mut salt, chance);
    let salt = SaltString::encode_b64(&salt).map_err(|error| error.to_string())?;
    let hashed =
        hasher()?.hash_password(password.expose().as_bytes(), &salt).map_err(|error| error.to_string())?;
    Ok(hashed.to_string())
}

/// Does the password belong to the hash? Slow on purpose.
pub fn fits(password: &Secret, hash: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(hash) else { return false };
    // The costs are those in the hash, so that old ones stay valid.
    Argon2::default().verify_password(password.expose().as_bytes(), &parsed).is_ok()
}

fn hasher() -> Result<Argon2<'static>, String> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| error.to_string())?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn fill(bytes: &mut [u8], chance: &dyn Chance) {
    for eight in bytes.chunks_mut(8) {
        let number = chance.number().to_le_bytes();
        eight.copy_from_slice(&number[..eight.len()]);
    }
}

/// The key of a session or of an API token: known to its owner alone, since only its hash is kept.
#[derive(Clone)]
pub struct Key(Secret);

impl Key {
    pub fn new(chance: &dyn Chance) -> Key {
        let mut bytes = [0_u8; KEY_BYTES];
        fill(&mut bytes, chance);
        Key(Secret::new(BASE64.encode(bytes)))
    }

    /// A key as a browser or a script gives it; `None`: it cannot be one.
    pub fn parse(text: &str) -> Option<Key> {
        let bytes = BASE64.decode(text).ok()?;
        (bytes.len() == KEY_BYTES).then(|| Key(Secret::new(text)))
    }

    /// The key itself: for the cookie or for the one time that a token is shown.
    pub fn text(&self) -> &str {
        self.0.expose()
    }

    /// What is kept of it.
    pub fn hash(&self) -> String {
        digest("kept", self.text())
    }

    /// What forms of this session carry. Whoever sees it cannot tell the key.
    pub fn form_token(&self) -> String {
        digest("form", self.text())
    }
}

/// A new password that somebody else sets, to be changed at once: 20 characters without look-alikes.
pub fn new_password(chance: &dyn Chance) -> Secret {
    const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let mut text = String::new();
    for index in 0..20 {
        if index > 0 && index % 5 == 0 {
            text.push('-');
        }
        let letter = usize::try_from(chance.number() % LETTERS.len() as u64).unwrap_or_default();
        text.push(char::from(LETTERS[letter]));
    }
    Secret::new(text)
}

fn digest(what: &str, text: &str) -> String {
    let mut hasher = Sha256::new();
    hasher.update(what);
    hasher.update([0]);
    hasher.update(text);
    BASE64.encode(hasher.finalize())
}

/// Compares without telling by its time how much was right.
pub fn are_same(one: &str, other: &str) -> bool {
    let same = one.bytes().zip(other.bytes()).fold(0_u8, |differs, (one, other)| differs | (one ^ other));
    one.len() == other.len() && same == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemChance;

    #[test]
    fn a_password_fits_its_own_hash_only_and_no_hash_is_like_another() {
        let (right, wrong) = (Secret::new("three blue herons"), Secret::new("three blue heron"));
        let hashes = [1, 2].map(|_| hash(&right, &SystemChance).unwrap());
        assert_ne!(hashes[0], hashes[1]);
        assert!(hashes[0].starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hashes[0]);
        assert!(fits(&right, &hashes[0]) && fits(&right, &hashes[1]));
        assert!(!fits(&wrong, &hashes[0]) && !fits(&right, NOBODY) && !fits(&right, "nonsense"));
        assert!(PasswordHash::new(NOBODY).is_ok(), "it is really computed");
    }

    #[test]
    fn weak_passwords_are_refused_with_the_reason() {
        for weak in ["short", "aaaaaaaaaaaaaaaaaa", "ada@brand.example1", &"x".repeat(500)] {
            assert!(refused(weak, "ada@brand.example").is_some(), "{weak}");
        }
        assert_eq!(refused("three blue herons", "ada@brand.example"), None);
    }

    #[test]
    fn keys_are_read_back_and_what_is_kept_tells_nothing() {
        let key = Key::new(&SystemChance);
        let again = Key::parse(key.text()).unwrap();
        assert_eq!(again.hash(), key.hash());
        assert!(key.hash() != key.form_token() && !key.form_token().contains(key.text()));
        assert!(Key::parse("short").is_none() && Key::parse("!").is_none());
        assert!(are_same("abc", "abc") && !are_same("abc", "abd") && !are_same("abc", "ab"));
        let password = new_password(&SystemChance);
        assert_eq!(password.expose().len(), 23);
        assert_eq!(refused(password.expose(), "ada"), None);
    }
}
