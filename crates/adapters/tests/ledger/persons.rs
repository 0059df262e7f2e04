//! People who sign in, their sessions and tokens, and the audit of what they did.

use super::*;
use adapters::ledger::Changed;
use adapters::ledger::records::{AuditEntry, Role, SessionRecord};

const END: Moment = Moment(NOW.0 + 3_600_000);

/// `(by, what, subject, detail)` of what was audited, oldest first, without what the desk itself did.
async fn audited(ledger: &Ledger) -> Vec<(String, String, String, String)> {
    let mut found = ledger.audit(None, None, 100).await.unwrap();
    found.reverse();
    let skipped = found.iter().skip(1);
    skipped.map(|row| (row.by.clone(), row.what.clone(), row.subject.clone(), row.detail.clone())).collect()
}

fn said(by: &str, what: &str, subject: &str, detail: &str) -> (String, String, String, String) {
    (by.to_owned(), what.to_owned(), subject.to_owned(), detail.to_owned())
}

fn session(hash: &str, person: &str, created: Moment) -> SessionRecord {
    SessionRecord {
        hash: hash.to_owned(),
        person: person.to_owned(),
        created,
        seen: created,
        expires: END,
        agent: "Firefox".to_owned(),
        address: "127.0.0.1".to_owned(),
    }
}

fn unknown() -> LedgerError {
    LedgerError::NotFound("person nobody".to_owned())
}

#[tokio::test]
async fn the_last_admin_who_may_sign_in_stays_one_and_every_change_is_audited() {
    let Some(Desk { ledger, room: _room, .. }) = Desk::new().await else { return };
    ledger.create_person(" Ada ", Role::Admin, "hash 1", "init", NOW).await.unwrap();
    ledger.create_person("bob", Role::Viewer, "hash 2", "ada", NOW).await.unwrap();
    let twice = ledger.create_person("ADA", Role::Viewer, "x", "ada", NOW).await;
    assert_eq!(twice, Err(LedgerError::Exists("person ada".to_owned())));
    assert_eq!(ledger.admins().await.unwrap(), 1);
    assert_eq!(ledger.set_role("ada", Role::Operator, "ada", NOW).await.unwrap(), Changed::LastAdmin);
    assert_eq!(ledger.disable_person("Ada", "ada", NOW).await.unwrap(), Changed::LastAdmin);
    assert_eq!(ledger.set_role("ada", Role::Admin, "ada", NOW).await.unwrap(), Changed::Done);
    assert_eq!(ledger.set_role("bob", Role::Admin, "ada", NOW).await.unwrap(), Changed::Done);
    assert_eq!(ledger.disable_person("ada", "bob", LATER).await.unwrap(), Changed::Done);
    // One who may not sign in does not count, and changes nothing for the other.
    assert_eq!(ledger.set_role("bob", Role::Viewer, "bob", NOW).await.unwrap(), Changed::LastAdmin);
    assert_eq!(ledger.set_role("ada", Role::Viewer, "bob", NOW).await.unwrap(), Changed::Done);
    ledger.enable_person("ada", "bob", NOW).await.unwrap();
    let everybody = ledger.persons().await.unwrap();
    let seen: Vec<_> = everybody.iter().map(|p| (p.name.as_str(), p.role, p.disabled, p.created)).collect();
    assert_eq!(seen, [("ada", Role::Viewer, None, NOW), ("bob", Role::Admin, None, NOW)]);
    assert!(!format!("{everybody:?}").contains("hash"), "no hash is printed");
    assert_eq!(ledger.set_role("nobody", Role::Viewer, "bob", NOW).await, Err(unknown()));
    assert_eq!(ledger.disable_person("nobody", "bob", NOW).await, Err(unknown()));
    assert_eq!(ledger.enable_person("nobody", "bob", NOW).await, Err(unknown()));
    assert_eq!(ledger.set_password("nobody", "x", None, "bob", NOW).await, Err(unknown()));
    assert_eq!(
        audited(&ledger).await,
        [
            said("init", "create_person", "ada", "admin"),
            said("ada", "create_person", "bob", "viewer"),
            said("ada", "set_role", "ada", "admin to admin"),
            said("ada", "set_role", "bob", "viewer to admin"),
            said("bob", "disable_person", "ada", ""),
            said("bob", "set_role", "ada", "admin to viewer"),
            said("bob", "enable_person", "ada", ""),
        ],
        "what was refused is not there"
    );
}

#[tokio::test]
async fn of_two_admins_who_remove_each_other_one_is_refused() {
    let Some(Desk { ledger, room: _room, .. }) = Desk::new().await else { return };
    for round in 0..5 {
        let [one, other] = [format!("a{round}"), format!("b{round}")];
        for name in [&one, &other] {
            ledger.create_person(name, Role::Admin, "x", "init", NOW).await.unwrap();
        }
        for admin in ledger.persons().await.unwrap() {
            if admin.name != one && admin.name != other {
                let _ = ledger.disable_person(&admin.name, "init", NOW).await.unwrap();
            }
        }
        let removed = tokio::join!(
            ledger.disable_person(&one, &other, NOW),
            ledger.set_role(&other, Role::Viewer, &one, NOW)
        );
        let refused = [removed.0.unwrap(), removed.1.unwrap()];
        assert_eq!(
            refused.iter().filter(|changed| **changed == Changed::LastAdmin).count(),
            1,
            "{refused:?}"
        );
        assert_eq!(ledger.admins().await.unwrap(), 1);
    }
}

#[tokio::test]
async fn wrong_passwords_are_counted_until_a_right_one() {
    let Some(Desk { ledger, room: _room, .. }) = Desk::new().await else { return };
    ledger.create_person("ada", Role::Admin, "hash", "init", NOW).await.unwrap();
    let lock = |failures| (failures >= 2).then_some(TTL);
    assert_eq!(ledger.note_failure("nobody", NOW, lock).await.unwrap(), None);
    let once = ledger.note_failure("ADA", NOW, lock).await.unwrap().unwrap();
    assert_eq!((once.failures, once.locked_until), (1, None));
    let twice = ledger.note_failure("ada", NOW, lock).await.unwrap().unwrap();
    assert_eq!((twice.failures, twice.locked_until), (2, Some(NOW.plus(TTL))));
    assert_eq!(ledger.person("Ada").await.unwrap(), Some(twice));
    ledger.create_session(&session("s1", "ada", LATER)).await.unwrap();
    let free = ledger.person("ada").await.unwrap().unwrap();
    assert_eq!((free.failures, free.locked_until), (0, None));
    for _ in 0..2 {
        ledger.note_failure("ada", NOW, lock).await.unwrap();
    }
    ledger.set_password("ada", "new hash", None, "ada", NOW).await.unwrap();
    let fresh = ledger.person("ada").await.unwrap().unwrap();
    assert_eq!((fresh.password_hash.as_str(), fresh.failures, fresh.locked_until), ("new hash", 0, None));
    let words: Vec<_> =
        audited(&ledger).await.into_iter().map(|(by, what, ..)| format!("{by} {what}")).collect();
    assert_eq!(
        words,
        ["init create_person", "ada lock_person", "ada sign_in", "ada lock_person", "ada set_password"]
    );
}

#[tokio::test]
async fn a_session_is_found_until_it_is_over_or_its_person_may_not_sign_in() {
    let Some(Desk { ledger, room, .. }) = Desk::new().await else { return };
    for name in ["ada", "bob"] {
        ledger.create_person(name, Role::Admin, "hash", "init", NOW).await.unwrap();
    }
    for (hash, person) in [("s1", "Ada"), ("s2", "ada"), ("s3", "ada"), ("s4", "bob")] {
        ledger.create_session(&session(hash, person, NOW)).await.unwrap();
    }
    let same = ledger.create_session(&session("s1", "ada", NOW)).await;
    assert_eq!(same, Err(LedgerError::Exists("the session".to_owned())));
    assert_eq!(ledger.create_session(&session("s9", "nobody", NOW)).await, Err(unknown()));
    let (found, person) = ledger.session("s1", LATER).await.unwrap().unwrap();
    assert_eq!((found, person.name.as_str(), person.role), (session("s1", "ada", NOW), "ada", Role::Admin));
    assert_eq!(ledger.session("s0", LATER).await.unwrap(), None);
    assert_eq!(ledger.session("s1", END).await.unwrap(), None, "it is over");
    assert!(ledger.touch_session("s1", LATER, END.plus(TTL)).await.unwrap());
    assert!(!ledger.touch_session("s2", END, END.plus(TTL)).await.unwrap(), "what is over stays over");
    let (touched, _) = ledger.session("s1", END).await.unwrap().unwrap();
    assert_eq!((touched.seen, touched.expires), (LATER, END.plus(TTL)));
    let hashes = async |person: Option<&str>, now| -> Vec<String> {
        ledger.sessions(person, now).await.unwrap().into_iter().map(|session| session.hash).collect()
    };
    assert_eq!(hashes(Some("ADA"), LATER).await, ["s1", "s2", "s3"]);
    assert_eq!(hashes(None, LATER).await, ["s1", "s2", "s3", "s4"]);
    assert_eq!(hashes(None, END).await, ["s1"]);
    ledger.set_password("ada", "new", Some("s1"), "ada", LATER).await.unwrap();
    assert_eq!(hashes(Some("ada"), LATER).await, ["s1"], "another password signs out everywhere else");
    assert!(ledger.end_session("s4", "ada", LATER).await.unwrap());
    assert!(!ledger.end_session("s4", "ada", LATER).await.unwrap());
    ledger.create_session(&session("s5", "ada", LATER)).await.unwrap();
    assert_eq!(ledger.end_sessions("ada", Some("s5"), "ada", LATER).await.unwrap(), 1);
    assert_eq!(ledger.end_sessions("ada", Some("s5"), "ada", LATER).await.unwrap(), 0);
    assert!(ledger.session("s5", LATER).await.unwrap().is_some());
    room.alter("update person set disabled = 1 where name = 'ada'").await;
    assert_eq!(ledger.session("s5", LATER).await.unwrap(), None, "whatever became of the session itself");
    ledger.enable_person("ada", "bob", LATER).await.unwrap();
    assert!(ledger.session("s5", LATER).await.unwrap().is_some());
    assert_eq!(ledger.disable_person("ada", "bob", LATER).await.unwrap(), Changed::Done);
    assert_eq!(ledger.session("s5", LATER).await.unwrap(), None);
    assert_eq!(hashes(None, NOW).await, Vec::<String>::new());
    let refused = ledger.create_session(&session("s6", "ada", LATER)).await;
    assert_eq!(refused, Err(LedgerError::NotFound("person ada".to_owned())));
    // What is over is removed when somebody signs in.
    ledger.create_session(&session("s7", "bob", NOW)).await.unwrap();
    ledger
        .create_session(&SessionRecord { expires: END.plus(TTL), ..session("s8", "bob", END) })
        .await
        .unwrap();
    assert_eq!(hashes(None, Moment(0)).await, ["s8"]);
    let ends: Vec<_> =
        audited(&ledger).await.into_iter().filter(|(_, what, ..)| what.starts_with("end_")).collect();
    assert_eq!(
        ends,
        [said("ada", "end_session", "bob", ""), said("ada", "end_sessions", "ada", "1 sessions")],
        "what changed nothing is not audited"
    );
}

#[tokio::test]
async fn a_token_is_found_until_it_is_revoked_or_whoever_made_it_may_not_sign_in() {
    let Some(Desk { ledger, room: _room, .. }) = Desk::new().await else { return };
    for name in ["ada", "bob"] {
        ledger.create_person(name, Role::Admin, "hash", "init", NOW).await.unwrap();
    }
    let first = ledger.create_token("erp", "h1", Role::Viewer, "Ada", NOW).await.unwrap();
    let second = ledger.create_token("bi", "h2", Role::Operator, "bob", NOW).await.unwrap();
    let third = ledger.create_token("cli", "h3", Role::Admin, "somebody on the machine", NOW).await.unwrap();
    let twice = ledger.create_token("again", "h1", Role::Admin, "bob", NOW).await;
    assert_eq!(twice, Err(LedgerError::Exists("the token".to_owned())));
    ledger.touch_token(first, LATER).await.unwrap();
    let found = ledger.token("h1").await.unwrap().unwrap();
    assert_eq!((found.id, found.name.as_str(), found.role), (first, "erp", Role::Viewer));
    assert_eq!((found.made_by.as_str(), found.created, found.used), ("ada", NOW, Some(LATER)));
    assert_eq!(ledger.token("h0").await.unwrap(), None);
    assert!(ledger.revoke_token(first, "bob", LATER).await.unwrap());
    assert!(!ledger.revoke_token(first, "bob", LATER).await.unwrap());
    assert_eq!(ledger.token("h1").await.unwrap(), None);
    assert_eq!(ledger.disable_person("bob", "ada", NOW).await.unwrap(), Changed::Done);
    assert_eq!(ledger.token("h2").await.unwrap(), None, "whoever left has left no open door");
    assert!(ledger.token("h3").await.unwrap().is_some());
    let all = ledger.tokens().await.unwrap();
    let seen: Vec<_> = all.iter().map(|token| (token.id, token.revoked)).collect();
    assert_eq!(seen, [(third, None), (second, None), (first, Some(LATER))]);
    let deeds: Vec<_> =
        audited(&ledger).await.into_iter().filter(|(_, what, ..)| what.ends_with("_token")).collect();
    assert_eq!(
        deeds,
        [
            said("Ada", "create_token", "erp", "viewer"),
            said("bob", "create_token", "bi", "operator"),
            said("somebody on the machine", "create_token", "cli", "admin"),
            said("bob", "revoke_token", "erp", ""),
        ]
    );
}

#[tokio::test]
async fn the_audit_is_read_page_by_page_and_knows_commands_and_connections() {
    let Some(desk) = Desk::new().await else { return };
    let ledger = &desk.ledger;
    ledger.create_connection("else", "x", "bob", NOW).await.unwrap();
    let id = ledger.insert_command("shop", "retry", "{\"order\":\"7\"}", "ada\0", NOW).await.unwrap();
    ledger.insert_command("else", "pause", "no json", "bob", NOW).await.unwrap();
    let audited = Change::Audited {
        by: "ada".to_owned(),
        what: "noted".to_owned(),
        subject: "7".to_owned(),
        detail: "x".repeat(10_000),
    };
    desk.commit_at(LATER, &[audited]).await;
    let entry = AuditEntry { detail: "wrong", ..AuditEntry::of("eve", "sign_in_refused", "eve") };
    ledger.note_audit(&entry, LATER).await.unwrap();
    let page = ledger.audit(None, None, 2).await.unwrap();
    let seen: Vec<_> = page.iter().map(|row| (row.by.as_str(), row.connection.as_deref(), row.at)).collect();
    assert_eq!(seen, [("eve", None, LATER), ("ada", Some("shop"), LATER)]);
    assert_eq!((page[1].detail.len(), page[0].detail.as_str()), (4000, "wrong"));
    let next = ledger.audit(None, Some(page[1].id), 2).await.unwrap();
    let seen: Vec<_> =
        next.iter().map(|row| (row.what.as_str(), row.subject.as_str(), row.detail.as_str())).collect();
    assert_eq!(seen, [("pause", "", "command 2"), ("retry", "7", format!("command {id}").as_str())]);
    assert_eq!(next[1].by, "ada\u{fffd}");
    let of_else = ledger.audit(Some("else"), None, 9).await.unwrap();
    let seen: Vec<_> = of_else.iter().map(|row| (row.what.as_str(), row.subject.as_str())).collect();
    assert_eq!(seen, [("pause", ""), ("create_connection", "else")]);
    // What was refused was not done.
    assert!(ledger.insert_command("nobody", "retry", "{}", "ada", NOW).await.is_err());
    assert!(ledger.create_connection("else", "x", "bob", NOW).await.is_err());
    assert_eq!(ledger.audit(None, None, 99).await.unwrap().len(), 6);
    let commands = ledger.commands(None, None, 9).await.unwrap();
    let seen: Vec<_> =
        commands.iter().map(|(name, command)| (name.as_str(), command.verb.as_str())).collect();
    assert_eq!(seen, [("else", "pause"), ("shop", "retry")]);
    let before = ledger.commands(Some("shop"), Some(2), 9).await.unwrap();
    assert_eq!(before.iter().map(|(_, command)| command.id).collect::<Vec<_>>(), [id]);
    assert_eq!(ledger.commands(Some("else"), Some(2), 9).await.unwrap(), []);
}
