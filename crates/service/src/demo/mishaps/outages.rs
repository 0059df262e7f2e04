//! What happens to a whole connection: services that are down, credentials that changed, a clock that is wrong, a night
//! without the program, and a ledger that is taken away.

use super::{LEAP, MISHAPS, Scene};
use crate::compose::{ComposeError, House};
use crate::engine::{Alarms, Watched, tell};
use adapters::settings::Trial;
use adapters::vault::Vault;
use sandbox::shopify::ShopState;
use sandbox::{Fault, Service, ShopOptions, When};
use std::sync::Arc;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 3600);
/// Longer than JOOR's window of credits.
const CREDIT_WINDOW: Duration = Duration::from_secs(301);

pub async fn play(scene: &mut Scene<'_>) -> Result<(), ComposeError> {
    joor(scene).await?;
    shopify(scene).await?;
    the_key_is_another(scene).await?;
    a_night_without_the_program(scene).await?;
    the_ledger_is_gone(scene).await
}

async fn joor(scene: &mut Scene<'_>) -> Result<(), ComposeError> {
    // Down, and with a clock that is ten minutes ahead.
    scene.joor_answers("GET orders", When::Next, 503, "", Duration::from_secs(600));
    scene.cycle().await?;
    let password = scene.sandbox.joor.options().password;
    scene.sandbox.joor.change_options(|joor| "changed-by-somebody".clone_into(&mut joor.password));
    scene.sandbox.joor.expire_tokens();
    scene.cycle().await?;
    scene.sandbox.joor.change_options(|joor| joor.password = password);
    // Another program of the same account spent the credits.
    scene.sandbox.faults.script(Service::Joor, "GET orders", When::Next, Fault::Throttled);
    scene.cycle().await?;
    scene.clock.leap(CREDIT_WINDOW);
    scene.cycle().await.map(drop)
}

async fn shopify(scene: &mut Scene<'_>) -> Result<(), ComposeError> {
    let shop = scene.sandbox.shop.clone();
    let options = shop.options();
    shop.configure(|shop| "changed-by-somebody".clone_into(&mut shop.client_secret));
    shop.expire_tokens();
    scene.cycle().await?;
    shop.configure(|shop| shop.client_secret.clone_from(&options.client_secret));
    scene.sandbox.faults.script(Service::ShopifyToken, "token", When::Next, Fault::Html { code: 503 });
    scene.cycle().await?;
    let changes: [fn(&mut ShopOptions); 3] = [
        |shop| shop.scopes.retain(|scope| scope != "read_products"),
        |shop| "2027-01".clone_into(&mut shop.api_version),
        |shop| shop.shop_number = 3,
    ];
    for change in changes {
        shop.configure(change);
        scene.cycle().await?;
        shop.configure(|shop| *shop = options.clone());
    }
    shop.set_state(ShopState::Frozen);
    scene.cycle().await?;
    shop.set_state(ShopState::Open);
    scene.cycle().await.map(drop)
}

/// The key file is not the one that sealed the credentials, so there is no worker until the right one is back.
async fn the_key_is_another(scene: &mut Scene<'_>) -> Result<(), ComposeError> {
    let mut house = scene.house.clone();
    house.config.key_file = house.config.data.join("other.key");
    drop(Vault::create(&house.config.key_file)?);
    let Some(connection) = house.ledger.connection(MISHAPS).await? else { return Ok(()) };
    if let Err(error) = house.worker(&connection).await {
        tell(&house, &connection, &error).await?;
    }
    scene.cycle().await.map(drop)
}

/// The alarm rings; the next morning the daily comparison finds an order that JOOR's lists left out.
async fn a_night_without_the_program(scene: &mut Scene<'_>) -> Result<(), ComposeError> {
    scene.clock.leap(DAY);
    if let Some(connection) = scene.house.ledger.connection(MISHAPS).await? {
        let now = scene.worker.now();
        Alarms::default().silence(&Watched::of(&scene.worker), &connection, now).await;
    }
    let order = scene.order("8100071", 0, 10);
    scene.add(order, "exported");
    scene.joor_answers("GET orders", When::Times(3), 200, r#"{"data":[],"errors":[]}"#, Duration::ZERO);
    scene.cycle().await?;
    scene.cycle().await.map(drop)
}

/// The program's own database connection breaks off: nothing is sent, and somebody hears of it.
async fn the_ledger_is_gone(scene: &mut Scene<'_>) -> Result<(), ComposeError> {
    let house = House::open(scene.house.config.clone(), Trial::On).await?;
    let house = House { clock: Arc::new(scene.clock.clone()), ..house };
    let Some(connection) = house.ledger.connection(MISHAPS).await? else { return Ok(()) };
    let mut worker = house.worker(&connection).await?;
    house.ledger.close().await;
    if let Err(error) = worker.turn(true).await {
        Alarms::default().store(&Watched::of(&worker), &error, worker.now()).await;
    }
    scene.clock.leap(LEAP);
    Ok(())
}
