//! Secrets in memory and at rest: a text that never shows itself, and the key file that encrypts what the ledger keeps.
//! Which secrets there are, and where the ledger keeps them, is not known here.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use std::fmt;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use zeroize::{Zeroize, Zeroizing};

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;

/// A key file holds 44 characters; anything much longer is another file.
const KEY_FILE_BYTES_MAX: u64 = 1024;

/// First bytes of every sealed text, so that a later scheme can be told apart.
const SCHEME: &str = "v1:";

/// A text that is wiped when dropped and that `Debug` does not show. It has no `Display` on purpose.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(Zeroizing::new(text.into()))
    }

    /// The text itself: for a header, a form field or a login, never for a message.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("cannot {what} the key file {}: {source}", .path.display())]
    File { what: &'static str, path: PathBuf, source: std::io::Error },
    #[error("the key file {} can be read by others (mode {mode:o}); allow only its owner: chmod 600", .path.display())]
    OpenToOthers { path: PathBuf, mode: u32 },
    #[error("{origin} does not hold a key: 32 bytes in base64 are expected")]
    NotAKey { origin: String },
    #[error("this machine gives no random bytes: {0}")]
    NoChance(String),
    #[error(
        "the secret `{name}` of connection {connection} cannot be opened: it was sealed with another key, or changed"
    )]
    Sealed { connection: String, name: String },
}

/// Seals and opens secrets with one key.
pub struct Vault {
    cipher: XChaCha20Poly1305,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(…)")
    }
}

impl Vault {
    /// Makes a new key file, readable by its owner only. A file that is already there is never replaced: the secrets
    /// sealed with it would be lost.
    pub fn create(path: &Path) -> Result<Vault, VaultError> {
        let mut key = Zeroizing::new([0u8; KEY_BYTES]);
        getrandom::fill(key.as_mut_slice()).map_err(|error| VaultError::NoChance(error.to_string()))?;
        let text = Zeroizing::new(format!("{}\n", BASE64.encode(key.as_slice())));
        let failed = |source| VaultError::File { what: "create", path: path.to_owned(), source };
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(failed)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        Ok(Vault::with_key(&key))
    }

    /// Opens a key file, which nobody but its owner may be able to read.
    pub fn open(path: &Path) -> Result<Vault, VaultError> {
        let failed = |source| VaultError::File { what: "read", path: path.to_owned(), source };
        let file = std::fs::File::open(path).map_err(failed)?;
        #[cfg(unix)]
        {
            let metadata = file.metadata().map_err(failed)?;
            let mode = std::os::unix::fs::MetadataExt::mode(&metadata) & 0o777;
            if mode & 0o077 != 0 {
                return Err(VaultError::OpenToOthers { path: path.to_owned(), mode });
            }
        }
        let mut text = Zeroizing::new(String::new());
        match file.take(KEY_FILE_BYTES_MAX).read_to_string(&mut text) {
            Ok(_) => Vault::from_text(&text, &path.display().to_string()),
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                Err(VaultError::NotAKey { origin: path.display().to_string() })
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// A key in base64 from elsewhere, such as an environment variable; `origin` names it in the error.
    pub fn from_text(text: &str, origin: &str) -> Result<Vault, VaultError> {
        let refused = || VaultError::NotAKey { origin: origin.to_owned() };
        let bytes = Zeroizing::new(BASE64.decode(text.trim()).map_err(|_| refused())?);
        let mut key = Zeroizing::new([0u8; KEY_BYTES]);
        if bytes.len() != KEY_BYTES {
            return Err(refused());
        }
        key.copy_from_slice(&bytes);
        Ok(Vault::with_key(&key))
    }

    fn with_key(key: &[u8; KEY_BYTES]) -> Vault {
        Vault { cipher: XChaCha20Poly1305::new(key.into()) }
    }

    /// Seals a secret for one connection and name: it opens under no other.
    pub fn seal(&self, connection: &str, name: &str, secret: &Secret) -> Result<String, VaultError> {
        let mut nonce = [0u8; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|error| VaultError::NoChance(error.to_string()))?;
        let place = place(connection, name);
        let payload = Payload { msg: secret.expose().as_bytes(), aad: &place };
        let sealed = self
            .cipher
            .encrypt(XNonce::from_slice(&nonce), payload)
            .map_err(|_| VaultError::Sealed { connection: connection.to_owned(), name: name.to_owned() })?;
        let mut bytes = nonce.to_vec();
        bytes.extend_from_slice(&sealed);
        Ok(format!("{SCHEME}{}", BASE64.encode(bytes)))
    }

    pub fn unseal(&self, connection: &str, name: &str, sealed: &str) -> Result<Secret, VaultError> {
        let refused = || VaultError::Sealed { connection: connection.to_owned(), name: name.to_owned() };
        let bytes =
            sealed.strip_prefix(SCHEME).and_then(|text| BASE64.decode(text).ok()).ok_or_else(refused)?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_BYTES).ok_or_else(refused)?;
        let place = place(connection, name);
        let payload = Payload { msg: sealed, aad: &place };
        let opened = self.cipher.decrypt(XNonce::from_slice(nonce), payload).map_err(|_| refused())?;
        String::from_utf8(opened).map(Secret::new).map_err(|error| {
            error.into_bytes().zeroize();
            refused()
        })
    }
}

/// What a sealed text is bound to. The length in front keeps `a` + `bc` apart from `ab` + `c`.
fn place(connection: &str, name: &str) -> Vec<u8> {
    format!("{}:{connection}:{name}", connection.len()).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn what_was_sealed_opens_with_the_same_key_file_only() {
        let folder = folder();
        let (path, other) = (folder.path().join("one.key"), folder.path().join("two.key"));
        let sealed =
            Vault::create(&path).unwrap().seal("main", "password", &Secret::new("s3cret ü")).unwrap();
        assert!(!sealed.contains("s3cret"));
        let again = Vault::open(&path).unwrap();
        assert_eq!(again.unseal("main", "password", &sealed).unwrap().expose(), "s3cret ü");
        assert!(Vault::create(&other).unwrap().unseal("main", "password", &sealed).is_err());
    }

    #[test]
    fn a_sealed_text_cannot_be_moved_changed_or_cut() {
        let folder = folder();
        let vault = Vault::create(&folder.path().join("one.key")).unwrap();
        let sealed = vault.seal("ab", "c", &Secret::new("x")).unwrap();
        assert!(vault.unseal("a", "bc", &sealed).is_err());
        assert!(vault.unseal("ab", "d", &sealed).is_err());
        let changed = format!("{}AAAA", &sealed[..sealed.len() - 4]);
        for bad in ["", "v1:", "v2:AAAA", "v1:AAAA", &sealed[..12], &changed] {
            assert!(vault.unseal("ab", "c", bad).is_err(), "{bad}");
        }
        assert_ne!(sealed, vault.seal("ab", "c", &Secret::new("x")).unwrap(), "a nonce is never used twice");
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_is_private_and_never_replaced() {
        use std::os::unix::fs::PermissionsExt;
        let folder = folder();
        let path = folder.path().join("one.key");
        Vault::create(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(matches!(Vault::create(&path), Err(VaultError::File { what: "create", .. })));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(Vault::open(&path), Err(VaultError::OpenToOthers { mode: 0o640, .. })));
    }

    #[test]
    fn a_file_that_is_no_key_is_named_and_not_shown() {
        for bad in ["", "hello", "aGVsbG8=", "\u{0}"] {
            let error = Vault::from_text(bad, "JOOR_SHOPIFY_KEY").unwrap_err().to_string();
            assert!(error.contains("JOOR_SHOPIFY_KEY") && !error.contains("hello"), "{error}");
        }
    }

    #[test]
    fn a_secret_does_not_show_itself() {
        assert_eq!(format!("{:?}", Secret::new("hidden")), "Secret(…)");
    }
}
