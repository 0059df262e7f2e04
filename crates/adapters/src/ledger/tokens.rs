//! What a brand's own programs sign in with. A token is found by its hash; the token itself is stored nowhere.

use super::persons::name_key;
use super::records::{AuditEntry, Role, TokenRecord};
use super::rows::{Row, beginning};
use super::{Ledger, LedgerError, Result, audit, next_number, statements};
use domain::time::Moment;
use sqlx::{query, query_scalar};

const NAME_CHARS_MAX: usize = 100;

macro_rules! tokens {
    () => {
        "select t.id, t.name, t.role, t.made_by, t.created, t.used, t.revoked from api_token t "
    };
}

statements! {
    INSERT = "insert into api_token (id, name, hash, role, made_by, created) values ($1, $2, $3, $4, $5, $6) \
        on conflict do nothing";
    /// Whoever may not sign in any more has left no open door.
    FIND = concat!(
        tokens!(),
        "where t.hash = $1 and t.revoked is null and not exists \
         (select 1 from person p where p.name = t.made_by and p.disabled is not null)"
    );
    LIST = concat!(tokens!(), "order by t.id desc");
    TOUCH = "update api_token set used = $2 where id = $1";
    REVOKE = "update api_token set revoked = $2 where id = $1 and revoked is null returning name";
}

impl Ledger {
    /// A new token with its number.
    pub async fn create_token(
        &self,
        name: &str,
        hash: &str,
        role: Role,
        by: &str,
        now: Moment,
    ) -> Result<i64> {
        let name = &beginning(name, NAME_CHARS_MAX);
        self.in_time(1, async {
            let mut transaction = self.begin_write().await?;
            let id = next_number(&mut transaction, "api_token").await?;
            let insert = query(INSERT).bind(id).bind(name).bind(hash).bind(role.word());
            let made = insert.bind(name_key(by)).bind(now.0).execute(&mut *transaction).await?;
            if made.rows_affected() == 0 {
                return Err(LedgerError::Exists("the token".to_owned()));
            }
            let made = AuditEntry { detail: role.word(), ..AuditEntry::of(by, "create_token", name) };
            audit::append(&mut transaction, &made, now).await?;
            transaction.commit().await?;
            Ok(id)
        })
        .await
    }

    /// The token with this hash, unless it was revoked or whoever made it may not sign in any more.
    pub async fn token(&self, hash: &str) -> Result<Option<TokenRecord>> {
        let row = self.row(query(FIND).bind(hash)).await?;
        row.map(|row| token_from(&Row(&row))).transpose()
    }

    /// Notes that a program used it.
    pub async fn touch_token(&self, id: i64, now: Moment) -> Result<()> {
        self.in_time(1, async {
            let mut transaction = self.begin_write().await?;
            query(TOUCH).bind(id).bind(now.0).execute(&mut *transaction).await?;
            Ok(transaction.commit().await?)
        })
        .await
    }

    /// `false`: it was revoked before, or never there.
    pub async fn revoke_token(&self, id: i64, by: &str, now: Moment) -> Result<bool> {
        self.in_time(1, async {
            let mut transaction = self.begin_write().await?;
            let revoked: Option<String> =
                query_scalar(REVOKE).bind(id).bind(now.0).fetch_optional(&mut *transaction).await?;
            let Some(name) = revoked else { return Ok(false) };
            audit::append(&mut transaction, &AuditEntry::of(by, "revoke_token", &name), now).await?;
            transaction.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Every token that was ever made, newest first.
    pub async fn tokens(&self) -> Result<Vec<TokenRecord>> {
        let rows = self.rows(query(LIST)).await?;
        rows.iter().map(|row| token_from(&Row(row))).collect()
    }
}

fn token_from(row: &Row) -> Result<TokenRecord> {
    Ok(TokenRecord {
        id: row.number("id")?,
        name: row.text("name")?,
        role: row.role()?,
        made_by: row.text("made_by")?,
        created: row.moment("created")?,
        used: row.moment_or_none("used")?,
        revoked: row.moment_or_none("revoked")?,
    })
}
