//! Puts the rooms together: opens the ledger and the vault, makes ports from a connection's settings, and a worker from
//! its ports. No rule of any order is here.

use crate::config::Config;
use crate::cycle::{Memory, Worker};
use adapters::clock::{SystemChance, SystemClock};
use adapters::http::{BaseUrl, HttpOptions, HttpTransport, Mode, Transport};
use adapters::joor::{Accounts, JoorClient, JoorConfig, JoorLogin};
use adapters::ledger::records::ConnectionRecord;
use adapters::ledger::{Ledger, LedgerError};
use adapters::ports::{Chance, Clock, Post, Shop, Wholesale};
use adapters::post::SmtpPost;
use adapters::settings::{self, Checked, SettingError, Trial};
use adapters::shopify::{Credentials, ShopClient, ShopConfig};
use adapters::vault::{Secret, Vault, VaultError};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Why the program cannot be put together. The words say what to do.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The stored settings of a connection, or a settings file, are refused.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Settings(Vec<SettingError>),
    /// The key is not there, or does not open the credentials.
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error("{0}")]
    Words(String),
    /// JOOR or Shopify gave no answer that helps.
    #[error("{0}")]
    Outside(String),
}

/// Everything that connections share.
#[derive(Clone)]
pub struct House {
    pub config: Config,
    pub ledger: Ledger,
    pub clock: Arc<dyn Clock>,
    pub chance: Arc<dyn Chance>,
    pub post: Option<Arc<dyn Post>>,
    /// `None`: HTTP over the network.
    pub transport: Option<Arc<dyn Transport>>,
    /// What was asked of each JOOR account, by whichever worker or page.
    pub accounts: Accounts,
    pub trial: Trial,
    /// Names this process among the holders of leases.
    pub owner: String,
    pub stopping: Arc<AtomicBool>,
}

/// The two outside worlds of a connection.
pub struct Ports {
    pub wholesale: Arc<dyn Wholesale>,
    pub shop: Arc<dyn Shop>,
}

impl House {
    /// Opens what `init` made.
    pub async fn open(config: Config, trial: Trial) -> Result<House, ComposeError> {
        let ledger = Ledger::open_at(&config.ledger).await?;
        let chance: Arc<dyn Chance> = Arc::new(SystemChance);
        let post = match &config.smtp {
            Some(smtp) => Some(Arc::new(SmtpPost::new(smtp).map_err(words)?) as Arc<dyn Post>),
            None => None,
        };
        let owner = format!("{}-{:08x}", std::process::id(), chance.number() as u32);
        Ok(House {
            config,
            ledger,
            clock: Arc::new(SystemClock::start()),
            chance,
            post,
            transport: None,
            accounts: Accounts::default(),
            trial,
            owner,
            stopping: Arc::new(AtomicBool::new(false)),
        })
    }

    /// The vault as its key file is now: a key that was restored or made anew is used at once.
    pub fn vault(&self) -> Result<Vault, VaultError> {
        Vault::open(&self.config.key_file)
    }

    /// The ports of a connection whose settings were checked; secrets come from the ledger unless given.
    pub async fn ports(&self, name: &str, checked: &Checked) -> Result<Ports, ComposeError> {
        let mut secrets: BTreeMap<String, Secret> = BTreeMap::new();
        let vault = self.vault()?;
        for (secret, sealed) in self.ledger.secrets(name).await? {
            let open = vault.unseal(name, &secret, &sealed)?;
            secrets.insert(secret, open);
        }
        secrets.extend(checked.secrets.iter().map(|(name, secret)| (name.clone(), secret.clone())));
        self.ports_with(checked, &secrets)
    }

    /// The ports of settings that the ledger does not hold, with these secrets alone.
    pub fn ports_with(
        &self,
        checked: &Checked,
        secrets: &BTreeMap<String, Secret>,
    ) -> Result<Ports, ComposeError> {
        let transport = match &self.transport {
            Some(transport) => transport.clone(),
            None => network(mode(self.trial))?,
        };
        ports_over(transport, checked, secrets, self.trial, self.clock.clone(), &self.accounts)
    }

    pub async fn worker(&self, connection: &ConnectionRecord) -> Result<Worker, ComposeError> {
        let checked = stored(connection, self.trial).map_err(ComposeError::Settings)?;
        let ports = self.ports(&connection.name, &checked).await?;
        Ok(self.worker_over(connection, checked, ports))
    }

    pub fn worker_over(&self, connection: &ConnectionRecord, checked: Checked, ports: Ports) -> Worker {
        let Ports { wholesale, shop } = ports;
        Worker {
            name: connection.name.clone(),
            ledger: self.ledger.clone(),
            wholesale,
            shop,
            post: self.post.clone(),
            console_url: self.config.console.for_mails(),
            clock: self.clock.clone(),
            chance: self.chance.clone(),
            checked,
            settings_version: connection.settings_version,
            trial: self.trial,
            create_concurrency: self.config.create_concurrency,
            owner: self.owner.clone(),
            dry: false,
            stopping: self.stopping.clone(),
            memory: Memory::default(),
        }
    }
}

/// The settings in force of a connection; errors name the connection in place of a file.
pub fn stored(connection: &ConnectionRecord, trial: Trial) -> Result<Checked, Vec<SettingError>> {
    settings::check_stored(&connection.settings, trial).map_err(|mut errors| {
        for error in &mut errors {
            error.file = format!("settings of connection {}", connection.name);
        }
        errors
    })
}

/// Clients for JOOR and Shopify, made from checked settings and opened secrets.
pub fn ports(
    checked: &Checked,
    secrets: &BTreeMap<String, Secret>,
    trial: Trial,
    clock: Arc<dyn Clock>,
) -> Result<Ports, ComposeError> {
    ports_over(network(mode(trial))?, checked, secrets, trial, clock, &Accounts::default())
}

fn mode(trial: Trial) -> Mode {
    match trial {
        Trial::On => Mode::Trial,
        Trial::Off => Mode::Real,
    }
}

fn network(mode: Mode) -> Result<Arc<dyn Transport>, ComposeError> {
    Ok(Arc::new(HttpTransport::new(HttpOptions::new(mode)).map_err(words)?))
}

fn ports_over(
    transport: Arc<dyn Transport>,
    checked: &Checked,
    secrets: &BTreeMap<String, Secret>,
    trial: Trial,
    clock: Arc<dyn Clock>,
    accounts: &Accounts,
) -> Result<Ports, ComposeError> {
    let mode = mode(trial);
    let secret = |name: &str| {
        secrets.get(name).cloned().ok_or_else(|| {
            ComposeError::Words(format!(
                "{name} is not in the ledger; hint: apply a connection file that holds it, or its `_file` form"
            ))
        })
    };
    let base = |text: &str| BaseUrl::parse(text, mode).map_err(words);
    let joor = &checked.joor;
    let login = JoorLogin {
        client_id: joor.client_id.clone(),
        client_secret: secret(settings::JOOR_CLIENT_SECRET)?,
        username: joor.username.clone(),
        password: secret(settings::JOOR_PASSWORD)?,
    };
    let joor_config = JoorConfig {
        accounts: accounts.clone(),
        ..JoorConfig::new(base(&joor.api_url)?, base(&joor.token_url)?, joor.account.clone(), login)
    };
    let credentials = match &checked.shopify.client_id {
        Some(id) => Credentials::ClientCredentials {
            id: id.clone(),
            secret: secret(settings::SHOPIFY_CLIENT_SECRET)?,
        },
        None => Credentials::Static(secret(settings::SHOPIFY_ACCESS_TOKEN)?),
    };
    let shop_config = ShopConfig {
        api_version: checked.shopify.api_version.clone(),
        ..ShopConfig::new(base(&checked.shopify.shop_url)?, credentials)
    };
    Ok(Ports {
        wholesale: Arc::new(JoorClient::new(joor_config, transport.clone(), clock.clone())),
        shop: Arc::new(ShopClient::new(shop_config, transport, clock)),
    })
}

fn words(error: impl std::fmt::Display) -> ComposeError {
    ComposeError::Words(error.to_string())
}
