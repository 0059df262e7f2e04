//! What the ledger keeps of the people who sign in: who they are, their sessions, the tokens of their programs, and
//! what they did. No SQL here.

use domain::time::Moment;
use std::fmt;
use std::str::FromStr;

/// What somebody may do; each role may do what the one before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Viewer,
    Operator,
    Admin,
}

impl Role {
    pub const ALL: [Role; 3] = [Role::Viewer, Role::Operator, Role::Admin];

    pub fn word(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Operator => "operator",
            Role::Admin => "admin",
        }
    }
}

/// No role has this word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRole;

impl FromStr for Role {
    type Err = NoRole;

    fn from_str(word: &str) -> Result<Role, NoRole> {
        Role::ALL.into_iter().find(|role| role.word() == word).ok_or(NoRole)
    }
}

/// Somebody who may sign in.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonRecord {
    /// In lower case.
    pub name: String,
    pub role: Role,
    pub password_hash: String,
    pub created: Moment,
    pub disabled: Option<Moment>,
    /// Wrong passwords since the last right one.
    pub failures: u32,
    pub locked_until: Option<Moment>,
}

impl fmt::Debug for PersonRecord {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("PersonRecord")
            .field("name", &self.name)
            .field("role", &self.role)
            .field("disabled", &self.disabled)
            .field("failures", &self.failures)
            .field("locked_until", &self.locked_until)
            .finish_non_exhaustive()
    }
}

/// Somebody who is signed in somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// Of the session's token, which is stored nowhere.
    pub hash: String,
    pub person: String,
    pub created: Moment,
    pub seen: Moment,
    pub expires: Moment,
    /// What the browser says of itself.
    pub agent: String,
    pub address: String,
}

/// What a program signs in with; the token itself is stored nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRecord {
    pub id: i64,
    pub name: String,
    pub role: Role,
    pub made_by: String,
    pub created: Moment,
    pub used: Option<Moment>,
    pub revoked: Option<Moment>,
}

/// Who did what, once stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    pub id: i64,
    pub at: Moment,
    pub by: String,
    /// `None`: it concerns no single connection.
    pub connection: Option<String>,
    /// A word such as `set_role`, or the verb of a command.
    pub what: String,
    /// The person, token or order that it was done to.
    pub subject: String,
    pub detail: String,
}

/// Who did what, before it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditEntry<'a> {
    pub by: &'a str,
    pub connection: Option<&'a str>,
    pub what: &'a str,
    pub subject: &'a str,
    pub detail: &'a str,
}

impl<'a> AuditEntry<'a> {
    /// Something that concerns no connection and needs no more words.
    pub fn of(by: &'a str, what: &'a str, subject: &'a str) -> AuditEntry<'a> {
        AuditEntry { by, connection: None, what, subject, detail: "" }
    }
}
