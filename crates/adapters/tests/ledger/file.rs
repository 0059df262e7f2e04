//! The file itself: wrong files, rights, and the lock.

use adapters::ledger::{Ledger, LedgerError, LedgerLock, LockError};
use std::path::Path;

async fn refusal(path: &Path) -> String {
    match Ledger::open(path).await {
        Err(LedgerError::Store(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_file_that_is_no_ledger_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "not a ledger ".repeat(500)).unwrap();
    let reason = refusal(&path).await;
    assert!(reason.contains("notes.txt") && reason.contains("not a database"), "{reason}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "not a ledger ".repeat(500), "it is left alone");
    let reason = refusal(folder.path()).await;
    assert!(reason.contains("is not a file"), "{reason}");
    let reason = refusal(&folder.path().join("no folder").join("ledger.db")).await;
    assert!(reason.contains("cannot be created"), "{reason}");
    let missing = folder.path().join("missing.db");
    let error = Ledger::open_existing(&missing).await.unwrap_err();
    assert_eq!(error, LedgerError::NotFound(format!("file {}", missing.display())));
    assert!(!missing.exists());
}

#[cfg(unix)]
#[tokio::test]
async fn a_ledger_that_cannot_be_written_is_refused_in_words_and_a_new_one_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = Ledger::open(&path).await.unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    ledger.close().await;
    let allow = |place: &Path, mode| {
        std::fs::set_permissions(place, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    allow(&path, 0o400);
    let reason = refusal(&path).await;
    assert!(reason.contains("ledger.db is read-only"), "{reason}");
    allow(&path, 0o600);
    allow(folder.path(), 0o500);
    let reason = refusal(&path).await;
    allow(folder.path(), 0o700);
    assert!(reason.contains("is read-only"), "{reason}");
    Ledger::open(&path).await.unwrap();
}

#[test]
fn the_lock_excludes_a_second_holder_and_names_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let lock = LedgerLock::take(&path).unwrap();
    let refused = LedgerLock::take(&path).unwrap_err();
    assert_eq!(refused, LockError::Held { by: format!("process {}", std::process::id()) });
    drop(lock);
    LedgerLock::take(&path).unwrap();
    let nowhere = LedgerLock::take(&folder.path().join("no folder").join("ledger.db"));
    assert!(matches!(nowhere, Err(LockError::Failed(_))), "{nowhere:?}");
}
