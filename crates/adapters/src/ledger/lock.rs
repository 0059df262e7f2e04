//! The lock beside the ledger: on SQLite only one process drives connections. The operating system releases it when
//! the process ends, however it ends. Nothing inside the ledger is locked here.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// More than any process number needs.
const HOLDER_BYTES_MAX: u64 = 64;

/// Held as long as it lives.
#[derive(Debug)]
pub struct LedgerLock {
    _file: File,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    #[error("{by} is working on this ledger already; hint: stop it, or let it do the work")]
    Held { by: String },
    #[error("the lock beside the ledger cannot be taken: {0}")]
    Failed(String),
}

impl LedgerLock {
    /// Takes the lock of the ledger at `path`, or says at once who holds it.
    pub fn take(path: &Path) -> Result<LedgerLock, LockError> {
        let place = beside(path);
        let failed = |error: std::io::Error| LockError::Failed(format!("{}: {error}", place.display()));
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&place).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LockError::Held { by: holder(file) }),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        file.set_len(0).map_err(failed)?;
        file.write_all(std::process::id().to_string().as_bytes()).map_err(failed)?;
        file.sync_data().map_err(failed)?;
        Ok(LedgerLock { _file: file })
    }
}

/// `<ledger>.lock`. The file stays when the lock goes: removing it would let two processes hold two different files.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

/// The holder writes its number just after taking the lock, so it may be missing for a moment.
fn holder(file: File) -> String {
    let mut text = String::new();
    let read = file.take(HOLDER_BYTES_MAX).read_to_string(&mut text);
    match text.trim().parse::<u32>() {
        Ok(process) if read.is_ok() => format!("process {process}"),
        _ => "another process".to_owned(),
    }
}
