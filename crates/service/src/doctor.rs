//! Being written.
use crate::commands::{Failure, Session};
pub async fn run(_session: &Session, _name: Option<&str>) -> Result<u8, Failure> { Ok(0) }
pub async fn test(_session: &Session, _name: &str) -> Result<u8, Failure> { Ok(0) }
